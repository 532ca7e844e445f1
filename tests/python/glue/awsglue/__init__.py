"""What Glue brings with it, as far as `examples/glue_job.py` meets it: the one seam at which it is replaced."""
