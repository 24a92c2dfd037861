"""Feature extractors that scores are computed on: InceptionV3, or a classifier of the data set itself."""
