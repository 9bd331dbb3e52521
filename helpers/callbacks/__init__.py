"""Callbacks, which watch a run, or steer it, from outside."""

from helpers.callbacks.checkpoint import Checkpoint
from helpers.callbacks.controls import Controls, in_notebook
from helpers.callbacks.evaluate import Evaluate, KeepBest
from helpers.callbacks.progress import PrintProgress
from helpers.callbacks.report import Report
from helpers.callbacks.tensorboard import TensorBoard
