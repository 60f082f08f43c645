"""The doctor: a callback that finds what commonly goes wrong in training, and what to try.

    256 training images, forward and backward → measures → limits → findings

It looks before the first step, at the ends of a few chunks, and after the last epoch, so seldom that it
takes less than 1 % of the time of a default run (``benchmarks/doctor.py``). When it looks depends on
numbers of images, never on a clock. It changes nothing: a run with a doctor equals one without, bit for
bit. Next: ``doctor_measures.py``; the limits are in ``doctor_checks.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from inkling._checks import complain
from inkling._types import FloatArray
from inkling.errors import SettingError
from inkling.training.callbacks import Callback
from inkling.training.doctor_checks import (
    check_changes,
    check_end,
    check_gap,
    check_layers,
    check_order,
    check_predicted,
    check_start,
)
from inkling.training.doctor_findings import Finding
from inkling.training.doctor_measures import Look, changes_of, choose_rows, look_at, weights_of
from inkling.training.engine.context import TrainingContext
from inkling.training.engine.threads import blas_threads
from inkling.training.history import EpochRecord
from inkling.training.state import RunInfo, TrainingState

IMAGES = 256
"""Training images that the doctor looks at, about as many of each class, always the same ones."""
FIRST_LOOK, GROWTH = 9_000, 4
"""It looks after the chunk that reaches this number of images, then four times as many, and so on. The
change of the weights is that within the last ``FIRST_LOOK`` images, about."""


class Doctor(Callback):
    """Finds dead units, vanishing gradients, labels in order and other common mistakes in a run.

    Args:
        found: called at once with each finding; each is made once per run and layer.

    Attributes:
        findings: the findings of the run so far.

    Raises:
        SettingError: ``found`` cannot be called.

    Example:
        >>> import inkling
        >>> doctor = inkling.Doctor()
        >>> result = inkling.train("digits", hidden=(30,), input_range=(0, 255), callbacks=[doctor])
        >>> doctor.findings[0].message
        'The inputs lie between 0 and 255 (inputs not scaled).'
    """

    def __init__(self, found: Callable[[Finding], object] | None = None) -> None:
        if found is not None and not callable(found):
            raise SettingError(complain("Doctor", "found as a function", repr(found)))
        self._found = found
        self.findings: list[Finding] = []

    def before_run(self, info: RunInfo) -> None:
        """Looks at the inputs, the first loss and the first gradients.

        Raises SettingError for a run without labels, such as the fit of an estimator.
        """
        if info.state is None or info.dataset is None:
            raise SettingError(complain("Doctor", "a run of inkling.train", "another one"))
        context, is_new = info.state.context, info.first_epoch == 1
        self.findings = []
        self._classes = info.dataset.classes
        self._order_is_checked = False
        self._rows = choose_rows(context.targets, IMAGES)
        self._looked_at = (info.first_epoch - 1) * len(context.pixels)  # trained on before
        self._weights: dict[str, FloatArray] = weights_of(context) if is_new else {}
        self._copied_at = self._looked_at
        self._due = FIRST_LOOK
        while self._due <= self._looked_at:
            self._due *= GROWTH
        if is_new:
            look = self._look_at(context)
            self._report(check_start(1, look))
            self._report(check_layers(1, look))

    def after_chunk(self, state: TrainingState) -> None:
        """Looks at the order of the labels once, and at the network when it is time."""
        if not self._order_is_checked and state.order is not None:
            self._order_is_checked = True
            self._report(check_order(state.epoch, state.context.targets, state.order))
        images = images_of(state)
        if images >= self._due:
            self._due *= GROWTH
            self._look(state)
        elif not self._weights and images >= self._due - FIRST_LOOK:
            self._weights, self._copied_at = weights_of(state.context), images

    def after_epoch(self, state: TrainingState, record: EpochRecord) -> None:
        """Compares training with validation; looks at the network if the run ends here."""
        if state.validation is not None and "overfitting" not in self._kinds():
            n_validation = len(state.validation[1])
            self._report(check_gap(record, n_validation, lambda: self._accuracy(state)))
        is_last = record.epoch == state.epochs
        if (is_last or state.ended) and images_of(state) > self._looked_at:
            self._look(state)
        if is_last and not self._has_cause():
            self._report(check_end(record))

    def _look(self, state: TrainingState) -> None:
        """Passes the images through the network, and compares the weights with their copy, if any."""
        context, images, epoch = state.context, images_of(state), state.epoch
        look = self._look_at(context)
        self._report(check_layers(epoch, look))
        changes = changes_of(self._weights, context.network.parameters)
        new, is_first = images - self._copied_at, self._copied_at == 0
        self._report(check_changes(epoch, changes, new, is_first=is_first))
        if images >= len(context.pixels) and not self._has_cause():  # all were trained on
            labels = context.targets[self._rows]
            self._report(check_predicted(epoch, look, labels, self._classes))
        self._weights, self._looked_at = {}, images

    def _look_at(self, context: TrainingContext) -> Look:
        with blas_threads(1):  # a look is short, and several threads would wait for each other
            return look_at(context, self._rows)

    def _kinds(self) -> set[str]:
        return {finding.kind for finding in self.findings}

    def _has_cause(self) -> bool:
        """Returns whether there is a finding that would explain low accuracy, which is then none."""
        return not self._kinds() <= {"missing_class", "overfitting"}

    def _accuracy(self, state: TrainingState) -> float:
        """Returns the share of the images that are classified correctly now."""
        predicted = self._look_at(state.context).predicted
        return float((predicted == state.context.targets[self._rows]).mean())

    def _report(self, findings: Iterable[Finding]) -> None:
        known = {(one.kind, one.values.get("layer")) for one in self.findings}
        for finding in findings:
            if (finding.kind, finding.values.get("layer")) in known:
                continue
            self.findings.append(finding)
            if self._found is not None:
                self._found(finding)


def images_of(state: TrainingState) -> int:
    """Returns the number of images trained on so far, each epoch's counted again."""
    return (state.epoch - 1) * len(state.context.pixels) + state.sums.samples
