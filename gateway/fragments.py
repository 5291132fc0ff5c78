"""Parts of pages kept ready, under the versions of what they show; what is one session's own is put in by frame.py.

    @fragment("home.invoices", models=("payments.documents_v2",))
    def invoices(scope: Scope) -> str: …

The key is read before the rows, in the same transaction: what is stored under a version shows that version. One cache a
process, least recently used out first.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec

from flask import current_app
from markupsafe import Markup

from gateway.access import Scope, Visit
from gateway.models import checked
from gateway.people import COMPANIES_MODEL
from gateway.portal import PORTAL_MODEL
from gateway.reads import NotReady

P = ParamSpec("P")


class FragmentCache:
    """Markup by key, bounded by the characters it holds."""

    def __init__(self, max_chars: int = 64 * 1024 * 1024) -> None:
        self._kept: OrderedDict[Hashable, Markup] = OrderedDict()
        self._lock = threading.Lock()
        self._room = max_chars
        # One is made at a time: what many ask for at once is made once, and threads that take turns at every row of
        # SQLite's only slow each other.
        self.making = threading.RLock()
        self.hits = 0
        self.misses = 0

    def get(self, key: Hashable) -> Markup | None:
        """What is kept under the key, marked as used."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                self.misses += 1
                return None
            self._kept.move_to_end(key)
            self.hits += 1
            return found

    def put(self, key: Hashable, value: Markup) -> None:
        """Keep it; the least recently used go when there is no more room."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value
                self._room -= len(value)
            while self._room < 0 and self._kept:
                _, dropped = self._kept.popitem(last=False)
                self._room += len(dropped)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._room += sum(map(len, self._kept.values()))
            self._kept.clear()


def render_part(template: str, **values: Any) -> str:
    """A template for a part of a page: without what Flask adds for whole pages (request, session, g)."""
    return current_app.jinja_env.get_template(template).render(values)


def key_of(name: str, models: tuple[str, ...], personal: bool, scope: Scope, extra: Hashable) -> Hashable:
    """Everything a fragment may depend on: versions first, then who sees it and how."""
    versions = scope.versions()
    return (
        name,
        extra,
        tuple([versions.get(model, 0) for model in models]),
        versions.get(COMPANIES_MODEL, 0),
        versions.get(PORTAL_MODEL, 0),
        scope.contact_id if personal else None,
        scope.audience,
    )


def fragment(
    name: str, *, models: tuple[str, ...] | Callable[[Scope], tuple[str, ...]], personal: bool = False
) -> Callable[[Callable[Concatenate[Scope, P], str]], Callable[Concatenate[Scope, P], Markup]]:
    """Cache what the function renders. `models` ("orders.orders_v2") are all the read models whose rows it shows,
    or a function that gives them for a scope. Raises ValueError for a model that there is not.

    `personal` when anything in it is the contact's own. Further arguments are part of the key and must be hashable.
    While a model is not built the fragment says so, and neither it nor one around it is kept.
    """

    if isinstance(models, tuple):
        checked(models)

    def decorate(render: Callable[Concatenate[Scope, P], str]) -> Callable[Concatenate[Scope, P], Markup]:
        @functools.wraps(render)
        def cached(scope: Scope, *args: P.args, **kwargs: P.kwargs) -> Markup:
            shown = models if isinstance(models, tuple) else models(scope)
            visit = scope.visit
            visit.settle(_services(shown))
            visit.watched.update(shown)
            key = key_of(name, shown, personal, scope, (args, tuple(kwargs.items())) if kwargs else args)
            found = visit.fragments.get(key)
            if found is not None:
                return found
            with visit.fragments.making:
                # Who waited here finds it made by the one who did not.
                found = visit.fragments.get(key)
                return _made(visit, key, lambda: render(scope, *args, **kwargs)) if found is None else found

        return cached

    return decorate


def _made(visit: Visit, key: Hashable, render: Callable[[], str]) -> Markup:
    gaps = visit.gaps
    try:
        made = Markup(render())
    except NotReady:
        visit.gaps += 1
        return Markup(render_part("_states/not_ready.html"))
    if visit.gaps == gaps:
        visit.fragments.put(key, made)
    return made


@functools.lru_cache(maxsize=1024)
def _services(models: tuple[str, ...]) -> tuple[str, ...]:
    """The services these models are of; a function's models are checked here, once."""
    return tuple(dict.fromkeys(model.partition(".")[0] for model in checked(models)))
