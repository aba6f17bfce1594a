"""What a submission can try, as data: each with the points that its honest part deserves, and whether it is flagged."""

from demo.attacks.answers import ANSWERS
from demo.attacks.base import FULL, MODEL, NONE, Attack
from demo.attacks.files import FILES
from demo.attacks.honest import HONEST
from demo.attacks.kernel import KERNEL
from demo.attacks.machine import MACHINE
from demo.attacks.spying import SPYING
from demo.attacks.within import WITHIN

ATTACKS: tuple[Attack, ...] = (*KERNEL, *ANSWERS, *SPYING, *MACHINE, *FILES, *WITHIN)

__all__ = ["ATTACKS", "FULL", "HONEST", "MODEL", "NONE", "Attack"]
