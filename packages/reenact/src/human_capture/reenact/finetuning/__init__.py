"""A person learned from some pictures, so that drawings look like them."""
