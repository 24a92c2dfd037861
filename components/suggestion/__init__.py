"""The search as a Katib algorithm: a gRPC service that turns an Experiment's trials into the next assignments."""
