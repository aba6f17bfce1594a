"""Where jobs run: processes on this machine, or the workers of a dask.distributed scheduler."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tito.errors import TitoError
from tito.extras import needs_extra
from tito.grading.batch.pool import Pool, WorkerPool

CONNECT_S = 15
CERTIFICATES = (
    "name the certificates that it takes: export DASK_DISTRIBUTED__COMM__TLS__CA_FILE=ca.pem "
    "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT=cert.pem DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY=key.pem"
)
MakePool = Callable[[float], contextlib.AbstractContextManager[Pool]]


@contextlib.contextmanager
def started_here(workers: int, sandboxed: bool = True) -> Iterator[MakePool]:
    """Jobs run in so many processes here, which start at once: they warm up while the grader has other things to do."""
    from tito.execution.sandbox import warm

    executor = WorkerPool(workers, template=warm.begin() if sandboxed else None)

    @contextlib.contextmanager
    def pool(deadline_s: float) -> Iterator[Pool]:
        executor.deadline_s = deadline_s
        yield Pool(executor, workers)

    try:
        yield pool
    except BaseException:
        executor.shutdown(cancel_futures=True)
        raise
    executor.shutdown()


def on_this_machine(workers: int) -> MakePool:
    """Jobs run in so many processes here, which start when there is something to run."""

    @contextlib.contextmanager
    def pool(deadline_s: float) -> Iterator[Pool]:
        with started_here(workers) as make_pool, make_pool(deadline_s) as made:
            yield made

    return pool


def on_cluster(address: str) -> MakePool:
    """Jobs run on the workers of the scheduler at this address.

    Certificates are named in dask's own configuration (``distributed.comm.tls``). Raises TitoError for an address
    that would send submissions over a network in the open.
    """
    refuse_open_network(address)

    @contextlib.contextmanager
    def pool(deadline_s: float) -> Iterator[Pool]:
        with needs_extra("cluster"):
            from distributed import Client
        with contextlib.ExitStack() as stack:
            try:
                client = stack.enter_context(Client(address, timeout=CONNECT_S, set_as_default=False))
                threads = sum(client.nthreads().values())
            except (OSError, TypeError, ValueError) as error:  # a missing certificate is a TypeError
                hint = CERTIFICATES if address.startswith("tls:") else "start one with: dask scheduler"
                raise TitoError(f"There is no scheduler at {address} that answers: {error}.", hint) from error
            if not threads:
                raise TitoError(
                    f"The scheduler at {address} has no worker.", f"dask worker {address} --nthreads 1 --nworkers 2"
                )
            yield Pool(client.get_executor(pure=False), threads, local=False)

    return pool


def refuse_open_network(address: str) -> None:
    """Raise TitoError unless the address is this machine's own, or the connection to it is encrypted."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme not in ("tls", "tcp") or not parts.hostname:
        raise TitoError(f"{address!r} is no address of a scheduler.", "name one like tls://grader.example.org:8786")
    if parts.scheme == "tcp" and not _is_loopback(parts.hostname):
        raise TitoError(
            f"The scheduler at {address} is on another machine and its connection is not encrypted.",
            f"start scheduler and workers with --tls-ca-file, --tls-cert and --tls-key, and name it as "
            f"tls://{parts.netloc}",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
