"""Small helpers for tests of several apps."""

import threading


def run_rivals(act, rivals):
    """Run `act(i)` in that many threads, released by one barrier; return results or exceptions."""
    from django.db import connection

    barrier = threading.Barrier(rivals)
    outcomes = [None] * rivals

    def run(i):
        try:
            # Connected before the start, or the slowest connection would decide who is late.
            connection.ensure_connection()
            barrier.wait(timeout=20)
            outcomes[i] = act(i)
        except Exception as error:
            outcomes[i] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(rivals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes
