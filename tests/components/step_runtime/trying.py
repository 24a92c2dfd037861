"""A step for tests of attempts. Not in the tests' own module, whose annotations kfp cannot read."""

from kfp import dsl

from autogan_kubeflow.components.steps.component import component


@component
def trying(behaviours: str, folder: str, store: str, scores: dsl.Output[dsl.Metrics]) -> str:
    """A step whose attempts behave as they are told, one after the other.

    Args:
        behaviours: Of each attempt: done, fail, away, crash, kill or hang.
        folder: Gets a file for each attempt.
        store: The run store.
        scores: What the last one scored.

    Returns:
        The last attempt's number.
    """
    from autogan_kubeflow.components.step_runtime import attempts
    from autogan_kubeflow.components.step_runtime.step import begin_step

    attempts.BACKOFF = attempts.Backoff(first_s=0.01)
    with begin_step("trying", store) as step:
        import os
        import signal
        import sys
        import time
        from pathlib import Path

        from autogan_core.errors import ConfigError, StorageUnavailableError

        number = len(list(Path(folder).iterdir()))
        Path(folder, f"attempt-{number}").write_text("torch" if "torch" in sys.modules else "")
        behaviour = behaviours.split()[number]
        Path(scores.path).write_text(f"half of what attempt {number} has to say")
        if behaviour == "fail":
            raise ConfigError("top_k is 0")
        if behaviour == "away":
            raise StorageUnavailableError("the bucket is away")
        if behaviour == "crash":
            raise RuntimeError("nobody has foreseen this")
        if behaviour == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if behaviour == "hang":
            time.sleep(600)
        assert step.known_pipeline_run.step("trying") is not None
        Path(scores.path).write_text("all")
        scores.log_metric("fid", 12.5)
    return str(number)
