"""People in pictures, from small networks that come inside an installed package."""
