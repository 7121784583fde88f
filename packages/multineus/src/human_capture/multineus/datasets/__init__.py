"""Pictures of heads with cameras and masks, from several sources."""
