"""Profiles of AWS's own files, which the object store does not read: what `aws configure` wrote serves here too."""

from __future__ import annotations

import configparser
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from obstore.store import S3Config

#: Any of these says by itself where credentials come from, before any file.
_DIRECT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SKIP_SIGNATURE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}


def profile_options() -> dict[str, Any]:
    """What a profile adds to the opening of a bucket: options, or a provider of credentials that expire.

    Nothing where the environment has credentials, or no profile is there. Raises ValueError for a profile that is named
    and is not there, or that only boto3 can use and it is not installed.
    """
    if any(os.environ.get(name) for name in _DIRECT):
        return {}
    named = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    name = named or "default"
    credentials = _section("AWS_SHARED_CREDENTIALS_FILE", "credentials", name)
    settings = _section("AWS_CONFIG_FILE", "config", name if name == "default" else f"profile {name}")
    if not credentials and not settings:
        if named:
            raise ValueError(f"the profile {named!r} is in neither ~/.aws/credentials nor ~/.aws/config.")
        return {}
    config: S3Config = {}
    if "AWS_REGION" not in os.environ and "AWS_DEFAULT_REGION" not in os.environ and "region" in settings:
        config["region"] = settings["region"]
    if "AWS_ENDPOINT_URL" not in os.environ and "endpoint_url" in settings:
        config["endpoint"] = settings["endpoint_url"]
    static = {**settings, **credentials}
    if "aws_access_key_id" in static:
        for key, option in _KEYS.items():
            if key in static:
                config[option] = static[key]  # type: ignore[literal-required]  # a name of the table above
        return {"config": config}
    if not any(key.startswith(("sso_", "role_arn", "credential_")) for key in settings):
        return {"config": config} if config else {}
    if find_spec("boto3") is None:
        raise ValueError(
            f"the profile {name!r} signs in or takes a role, which needs boto3: pip install boto3, or set what "
            f"`aws configure export-credentials --profile {name} --format env` prints."
        )
    from boto3.session import Session
    from obstore.auth.boto3 import Boto3CredentialProvider

    return {"config": config, "credential_provider": Boto3CredentialProvider(Session(profile_name=name))}


def _section(variable: str, file: str, name: str) -> dict[str, str]:
    """A profile's section of one of the files; empty where there is none."""
    path = Path(os.environ.get(variable) or Path.home() / ".aws" / file)
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, RuntimeError, ValueError, configparser.Error):
        return {}
    return dict(parser.items(name)) if parser.has_section(name) else {}
