"""What every pipeline step does around its work: find its run, log, fail for good or for another try, publish."""
