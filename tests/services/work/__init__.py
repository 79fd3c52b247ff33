"""Work that outlives a request: claims, failures, duties, engines and what is thinned."""
