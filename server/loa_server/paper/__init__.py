"""What a bulletin looks like on paper: values in, the bytes of a PDF out."""
