"""The errors that users meet. Each message says what is wrong, the value seen and what to do about it."""


class AutoGANError(Exception):
    """Root of every error that this project raises on purpose."""


class ConfigError(AutoGANError, ValueError):
    """A setting, an architecture's text or a search space is not what it must be."""


class DataError(AutoGANError, ValueError):
    """Images or labels are missing, damaged or do not fit the generator."""


class WeightsUnavailableError(AutoGANError):
    """A feature extractor's weights are neither given nor to be fetched."""


class NonFiniteLossError(AutoGANError, ArithmeticError):
    """A training loss became NaN or infinite; the weights since the last commit are worthless."""


class StateError(AutoGANError):
    """A run folder holds state that is damaged, or belongs to another configuration."""


class NewerFormatError(AutoGANError):
    """A later version has stored this; it must neither be guessed at nor replaced, so it is no `StateError`."""


class BusyError(AutoGANError):
    """Another process does this very work; nothing was begun."""


class ConflictError(StateError):
    """Another process has changed the state meanwhile; nothing of this one's was stored."""


class SupersededError(StateError):
    """The run has gone past this slot; its work is no longer wanted."""


class StorageAccessError(AutoGANError):
    """Object storage refuses: no such bucket, no credentials, or no permission. Trying again does not help."""


class StorageUnavailableError(AutoGANError):
    """Object storage could not be reached, or kept failing. Trying again later may help."""


class PreemptedError(AutoGANError):
    """The process was asked to stop; its progress is stored, and the same work can be started again."""


class RankFailedError(AutoGANError):
    """Another rank of the same training failed or went away; the reason stands in that rank's log."""
