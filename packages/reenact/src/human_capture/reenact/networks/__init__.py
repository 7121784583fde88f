"""Networks, callable on their own."""
