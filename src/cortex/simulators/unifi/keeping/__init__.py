"""What a controller keeps on its disk: its configuration and past, also when its power goes."""
