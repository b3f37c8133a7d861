"""Delegation by future: whole jobs whose exit value is awaited, and jobs that are only submitted.

Such a child needs no handler of its own and completes nothing: its end is the result. Nobody is told of it who does not
wait.
"""

from . import futures, names


class DelegatedTask(futures.FutureResult):
    """The end of a delegated job: its exit value, and the job."""

    @property
    def job(self):
        """The job."""
        return self.deps.job

    @property
    def error(self):
        """Why the job failed, or None. Never waits."""
        return self.deps.error

    def _give(self):
        return self.deps.result, self.job

    def _size(self):
        return 2


class MutedTask(DelegatedTask):
    """The end of a delegated job: what its model has said besides code, or else its exit value, as text."""

    def _give(self):
        ended = self.deps.result
        said = names.session.replies(self.job)
        return "\n".join(said) if said else "" if ended is None else str(ended)

    def _size(self):
        return None


def delegate_task(
    agent, warmup_code=None, parent_job=None, shared_vars=None, locale=None, caller_frame=None, **params
):
    """A future of what a new job of that agent ends with: its exit value, and the job."""
    return DelegatedTask(
        names.new_job(agent, shared_vars, parent_job, warmup_code, locale, caller_frame, params, future=True)
    )


def delegate_mute_task(
    agent, warmup_code=None, parent_job=None, shared_vars=None, locale=None, caller_frame=None, **params
):
    """A future of what a new job of that agent says, as text."""
    return MutedTask(
        names.new_job(agent, shared_vars, parent_job, warmup_code, locale, caller_frame, params, future=True)
    )


def delegate_mute_dialog(
    agent, message, warmup_code=None, parent_job=None, shared_vars=None, locale=None, caller_frame=None, **params
):
    """A future of what a new job of that agent says to a message, as text."""
    return MutedTask(
        names.new_job(
            agent, shared_vars, parent_job, warmup_code, locale, caller_frame, params, _message(agent, message), True
        )
    )


def start_dialog(
    agent, message, warmup_code=None, parent_job=None, shared_vars=None, locale=None, caller_frame=None, **params
):
    """A new job of that agent, which reads the message first."""
    return names.new_job(
        agent, shared_vars, parent_job, warmup_code, locale, caller_frame, params, _message(agent, message)
    )


def submit_new_job(agent, shared_vars=None, locale=None, **params):
    """A new job of that agent, which nobody waits for."""
    return names.new_job(agent, shared_vars, None, None, locale, None, params)


def submit_new_jobs_batch(agent, shared_vars_batch, locale=None, **params):
    """New jobs of that agent: one for each dict of variables, or None for none."""
    return [submit_new_job(agent, shared_vars, locale, **params) for shared_vars in shared_vars_batch]


def _message(agent, message):
    if isinstance(message, str):
        return message
    adapter = getattr(agent, "message_adapter", None)
    return str(message if adapter is None else adapter(message))


names.offer(
    delegate_task,
    delegate_mute_task,
    delegate_mute_dialog,
    start_dialog,
    submit_new_job,
    submit_new_jobs_batch,
    internal=(DelegatedTask, MutedTask),
)
