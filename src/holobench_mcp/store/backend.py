"""Every read and write of a store goes through here: obstore, with its errors turned into sentences."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from holobench_mcp.model import ConfigError, IntegrityError, StoreError
from holobench_mcp.store import folder, layout
from holobench_mcp.store.blob import Blob, Part, digest_of
from holobench_mcp.store.folder import Oddity, StoredObject
from holobench_mcp.store.local_file import write_file
from holobench_mcp.store.location import Location
from holobench_mcp.store.mirror import Mirror
from holobench_mcp.store.remote import cause, is_unreachable, missing_bucket, open_bucket

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

#: Keys that a bucket lists in one request.
LISTING_PAGE = 1000
#: A bucket that did not answer is not asked again for so long: an answer takes a dozen requests.
_PAUSE_S = 5.0
#: For so long after it did not answer it counts as down.
_DOWN_S = 60.0


class Backend:
    """An opened location. Opening touches nothing; the folder appears with the first write."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._opened: ObjectStore | None = None
        self._mirror: Mirror | None = None
        self._down: tuple[float, str] | None = None
        #: How often an answer was of what was read before, and why the last time.
        self.stale_reads, self.outage = 0, ""
        #: Whether entries of the journal vouch for those before them, as the store's marker says.
        self.is_chained = False

    def mirror_reads(self, waiting: Path) -> None:
        """From now on, what was read of a bucket before stays readable while it is down, and what waits to be stored.

        For answers; what decides over what is stored must read the store itself.
        """
        if self.location.folder is None and not self.location.url.startswith("memory:"):
            self._mirror = Mirror(self.location.url, waiting)

    @property
    def is_mirrored(self) -> bool:
        """Whether what was read before stays readable."""
        return self._mirror is not None

    def note_stale(self, problem: StoreError) -> None:
        """Note that something is answered from what was read before, as the bucket could not be asked."""
        self.stale_reads, self.outage = self.stale_reads + 1, str(problem)

    @property
    def is_down(self) -> bool:
        """Whether a mirrored bucket did not answer when it was asked last."""
        return self._down is not None and time.monotonic() - self._down[0] < _DOWN_S

    def exists(self) -> bool:
        """Whether anything was ever written here."""
        return self.get(layout.MARKER) is not None

    def ask(self) -> None:
        """Raise StoreError where the store itself doesn't answer, whatever is known of it here."""
        if self.location.folder is None:
            self._get(layout.MARKER)
        else:
            self._read(self.location.folder, layout.MARKER)

    def get(self, key: str) -> bytes | None:
        """The bytes of an object; None when there is none."""
        if self.location.folder is not None:
            return self._read(self.location.folder, key)
        if self._mirror is None:
            return self._get(key)
        try:
            data = self._get(key)
        except StoreError as problem:
            data = self._mirror.get(key)
            if data is None:
                raise
            if not key.startswith(layout.BLOBS):  # which never change
                self.note_stale(problem)
            return data
        self._mirror.put(key, data)
        return data

    def _get(self, key: str) -> bytes | None:
        import obstore

        try:
            with self._as_sentence(f"read {key}"):
                return obstore.get(self._store(), key).bytes().to_bytes()
        except FileNotFoundError as problem:
            if missing_bucket(problem):
                raise self._error(f"read {key}", problem) from problem
            return None

    def get_blob(self, sha256: str, name: str) -> bytes:
        """A blob, its digest checked. Raises IntegrityError when it is missing, cut or another one."""
        data = self.get(layout.blob_key(sha256))
        if data is None:
            data = self._in_trash(layout.blob_key(sha256))
        if data is None:
            raise IntegrityError(f"The blob {sha256[:12]}… ({name}) is missing from the store at {self.location.url}.")
        if digest_of(data) != sha256:
            raise IntegrityError(
                f"The blob {sha256[:12]}… ({name}) in {self.location.url} does not match its digest: it was "
                "damaged or replaced. Restore it from a backup, or record the result again."
            )
        return data

    def put_blob(self, content: Blob | bytes) -> bool:
        """Store bytes under their digest. False where they were stored before. A damaged twin is healed."""
        blob = Blob.of(content)
        key = layout.blob_key(blob.sha256)
        if self._put(key, blob.parts, "create"):
            return True
        present = self.get(key)
        if present is None or digest_of(present) != blob.sha256:
            self._put(key, blob.parts, "overwrite")
        return False

    def ensure_blob(self, content: Blob | bytes) -> None:
        """Put a blob that was stored, or found stored, where gc has taken it away meanwhile."""
        blob = Blob.of(content)
        key = layout.blob_key(blob.sha256)
        if not self.has(key):
            self._put(key, blob.parts, "create")

    def create(self, key: str, data: bytes) -> bool:
        """Put an object that must not be there yet. False when it was."""
        return self._put(key, (data,), "create")

    def put(self, key: str, data: bytes) -> None:
        """Put an object in the place of what is there, if anything: only a measurement's document is ever changed."""
        self._put(key, (data,), "overwrite")

    def heal(self, key: str, data: bytes) -> None:
        """Put an object in the place of one that was found damaged."""
        self._put(key, (data,), "overwrite")

    def move(self, source: str, target: str) -> bool:
        """Give an object another key, in the place of what has it. False when there was no object.

        On a bucket it is a copy and a removal: what is broken off between them leaves both.
        """
        import obstore

        try:
            with self._as_sentence(f"move {source}"):
                if self.location.folder is not None:
                    return folder.move(self.location.folder, source, target)
                obstore.rename(self._store(), source, target)
        except FileNotFoundError as problem:
            if missing_bucket(problem):
                raise self._error(f"move {source}", problem) from problem
            return False
        return True

    def remove(self, key: str) -> None:
        """Destroy an object, if there is one."""
        import obstore

        try:
            with self._as_sentence(f"remove {key}"):
                obstore.delete(self._store(), key)
        except FileNotFoundError as problem:
            if missing_bucket(problem):
                raise self._error(f"remove {key}", problem) from problem

    def has(self, key: str) -> bool:
        """Whether anything stands at a key; nothing of it is read."""
        if self.location.folder is not None:
            return os.path.lexists(self.location.folder / key)
        return self.written(key) is not None

    def written(self, key: str) -> datetime | None:
        """When an object was written, by the store's clock; None when there is none."""
        if not self._folder_exists():
            return None
        import obstore

        try:
            with self._as_sentence(f"read {key}"):
                return obstore.head(self._store(), key)["last_modified"].astimezone(UTC)
        except FileNotFoundError as problem:
            if missing_bucket(problem):
                raise self._error(f"read {key}", problem) from problem
            return None

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        """Every object below a prefix, with its size and the time that it was written at by the store's clock."""
        if not self._folder_exists(prefix):
            return
        if self.location.folder is not None:
            with self._as_sentence(f"list {prefix}"):
                yield from folder.objects(self.location.folder, prefix)
        else:
            for found in self._listed(prefix):
                yield StoredObject(found["path"], found["size"], found["last_modified"].astimezone(UTC))

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Every key below a prefix, with its size."""
        for found in self.objects(prefix):
            yield found.key, found.size

    def oddity(self, key: str) -> Oddity | None:
        """What stands at a key of a folder and is no object, which reads as nothing. A bucket has objects alone."""
        return None if self.location.folder is None else folder.oddity(self.location.folder, key)

    def unnameable(self) -> list[str]:
        """What stands in a folder under names that no key has."""
        return [] if self.location.folder is None else sorted(folder.unnameable(self.location.folder))

    def names(self, prefix: str) -> list[str]:
        """The names of all objects right below a prefix, in no order."""
        if self.location.folder is None:
            return [key.removeprefix(prefix) for key, _ in self.keys(prefix)]
        if not self._folder_exists(prefix):
            return []
        with self._as_sentence(f"list {prefix}"):
            return os.listdir(self.location.folder / prefix)  # noqa: PTH208 - names alone, of a hundred thousand files

    def first_keys(self, prefix: str, after: str | None = None) -> list[str]:
        """The first page of the keys below a prefix, in their order. Not of a folder, which lists in no order.

        after: the keys behind this one. A page that is not full is the last.
        """
        import obstore

        try:
            with self._as_sentence(f"list {prefix}"):
                pages = obstore.list(self._store(), prefix=prefix.rstrip("/"), offset=after, chunk_size=LISTING_PAGE)
                return [found["path"] for found in next(iter(pages), ())]
        except FileNotFoundError as problem:
            raise self._error(f"list {prefix}", problem) from problem

    def newest_first(self, prefix: str) -> list[tuple[str, str]]:
        """When each object below a prefix was written last, in UTC, and its key."""
        return sorted(((found.written.isoformat(), found.key) for found in self.objects(prefix)), reverse=True)

    def listing_stamp(self, prefix: str) -> int | None:
        """A number that changes when a key is added below a prefix, where the backend has one for nothing."""
        if self.location.folder is None:
            return None
        try:
            return (self.location.folder / prefix).stat().st_mtime_ns
        except OSError:
            return None

    def _listed(self, prefix: str) -> Iterator[ObjectMeta]:
        if self._mirror is None or not self._mirror.has_listings_of(prefix):
            yield from self._list(prefix)
            return
        try:
            found = list(self._list(prefix))
        except StoreError as problem:
            rows = self._mirror.listing(prefix)
            if rows is None:
                raise
            self.note_stale(problem)
            for key, size, written in rows:
                yield {"path": key, "size": size, "last_modified": written, "e_tag": None, "version": None}
        else:
            self._mirror.put_listing(prefix, [(o["path"], o["size"], o["last_modified"]) for o in found])
            yield from found

    def _list(self, prefix: str) -> Iterator[ObjectMeta]:
        import obstore

        try:
            with self._as_sentence(f"list {prefix}"):
                for page in obstore.list(self._store(), prefix=prefix.rstrip("/")):
                    yield from page
        except FileNotFoundError as problem:
            raise self._error(f"list {prefix}", problem) from problem

    def _in_trash(self, key: str) -> bytes | None:
        """What was taken out of its place while somebody still names it, as gc may do a moment before it sees that."""
        taken = [k for k, _ in self.keys(layout.TRASH) if k.endswith(f"/{key}")]
        found = [data for data in map(self.get, taken) if data is not None]
        return next((d for d in found if digest_of(d) == layout.sha256_of(key)), found[0] if found else None)

    def _folder_exists(self, prefix: str = "") -> bool:
        """Whether the folder, or the one of a prefix in it, is there. Raises StoreError for what is no folder."""
        if self.location.folder is None:
            return True
        path = self.location.folder / prefix
        try:
            if stat.S_ISDIR(path.stat().st_mode):
                return True
        except (FileNotFoundError, NotADirectoryError):
            if not path.is_symlink():
                return False
        except OSError as problem:
            raise StoreError(f"The store {self.location.url} can't be read: {problem.strerror}.") from problem
        raise StoreError(f"The store {self.location.url} can't be read: {path} is not a folder.")

    def _read(self, root: Path, key: str) -> bytes | None:
        """A file of a folder: by itself, as the way through an object store takes four times as long."""
        try:
            data = folder.read(root, key, self._path(root, key))
        except (OSError, ValueError) as problem:
            raise self._error(f"read {key}", problem) from problem
        if data is None:
            self._folder_exists()
        return data

    def _put(self, key: str, parts: Sequence[Part], mode: str) -> bool:
        """Put an object, given in parts. False where there is one that is not to be overwritten."""
        if self.location.folder is not None:
            return self._write(self.location.folder, key, parts, replace=mode == "overwrite")
        import obstore
        from obstore.exceptions import AlreadyExistsError

        data = b"".join(parts)
        try:
            with self._as_sentence(f"write {key}"):
                obstore.put(self._store(), key, data, mode=mode)  # type: ignore[arg-type]  # 'create' or 'overwrite'
        except AlreadyExistsError:
            return False
        except FileNotFoundError as problem:
            raise self._error(f"write {key}", problem) from problem
        if self._mirror is not None:
            self._mirror.put_written(key, data)
        return True

    def _write(self, folder: Path, key: str, parts: Sequence[Part], *, replace: bool) -> bool:
        """A file of a folder: by itself, as the way through an object store takes twice as long."""
        try:
            return write_file(self._path(folder, key), parts, replace=replace)
        except (OSError, ValueError) as problem:
            if isinstance(problem, OSError) and not folder.is_dir():
                raise StoreError(f"The store {self.location.url} can't be made: {problem.strerror}.") from problem
            raise self._error(f"write {key}", problem) from problem

    def _path(self, folder: Path, key: str) -> str:
        """The file of a key; a text, as a Path takes three times as long."""
        if ".." in key.split("/"):
            raise StoreError(f"{key!r:.80} leads out of the store {self.location.url}.")
        return f"{folder}/{key}"

    def _store(self) -> ObjectStore:
        if self._opened is None:
            from obstore.store import LocalStore, MemoryStore

            if self.location.folder is not None:
                self._opened = LocalStore(self.location.folder)
            elif self.location.url.startswith("memory:"):
                self._opened = _memory_stores.setdefault(self.location.url, MemoryStore())
            else:
                from obstore.exceptions import BaseError

                try:
                    self._opened = open_bucket(self.location.url)
                except (BaseError, ValueError) as problem:
                    raise ConfigError(
                        f"store: {self.location.url!r} can't be opened: {cause(problem, self.location)}"
                    ) from problem
        return self._opened

    @contextmanager
    def _as_sentence(self, doing: str) -> Iterator[None]:
        """obstore's errors, which quote whole requests, as one sentence each."""
        from obstore.exceptions import AlreadyExistsError, BaseError

        if self._down is not None and time.monotonic() - self._down[0] < _PAUSE_S:
            raise self._sentence(doing, self._down[1])
        try:
            yield
        except (AlreadyExistsError, FileNotFoundError):
            raise
        except (BaseError, OSError, ValueError) as problem:
            raise self._error(doing, problem) from problem

    def _error(self, doing: str, problem: BaseException) -> StoreError:
        why = cause(problem, self.location)
        if self._mirror is not None and is_unreachable(problem):
            self._down = time.monotonic(), why
        return self._sentence(doing, why)

    def _sentence(self, doing: str, cause: str) -> StoreError:
        return StoreError(f"Could not {doing} in the store {self.location.url}: {cause}")


_memory_stores: dict[str, ObjectStore] = {}
