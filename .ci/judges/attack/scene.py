"""Who takes part: two tenants, their keys, and the folders and the configuration of a gateway over them."""

import hashlib
import pathlib

T1, T2 = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
INDEX = "dg-search-index"
HOSTILE = "hostile@contoso.com"  # the mailbox that the hostile mails lie in
LIMITED = "a.user@contoso.com"  # the mailbox that a limited key sees


class Key:
    """A key that a client presents, and what stands upstream in its place."""

    def __init__(self, name, tenant=T1, status=200, upstream=True, mailboxes=(), of=None):
        self.name, self.tenant, self.mailboxes = name, tenant, mailboxes
        self.secret = f"client-secret-{name}"
        # The upstream reads in a key which tenant it opens and how each request with it ends.
        owner = tenant[0] if of is None else of.tenant[0]
        self.upstream = f"up.{owner}.{status}.{(of or self).name}" if upstream else None

    def toml(self):
        lines = [
            "[[keys]]",
            f'name = "{self.name}"',
            f'sha256 = "{hashlib.sha256(self.secret.encode()).hexdigest()}"',
            f'tenant = "{self.tenant}"',
        ]
        if self.upstream:
            lines.append(f'upstream_key = "{self.upstream}"')
        if self.mailboxes:
            lines.append(f"mailboxes = {list(self.mailboxes)}".replace("'", '"'))
        return "\n".join(lines)


ATTACKER = Key("attacker")
AWAY = Key("away", status=402)  # premium is not there for it: all is answered locally
HONEST = Key("honest", tenant=T2)
OWN = Key("own", upstream=False, mailboxes=[LIMITED])
EVERYBODY = [ATTACKER, AWAY, HONEST, OWN]


class Scene:
    """The work folder: data of both tenants, which every gateway of the run serves."""

    def __init__(self, postern, samples, work):
        self.postern, self.samples, self.work = postern, pathlib.Path(samples), pathlib.Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.data = {T1: self.work / "data-1", T2: self.work / "data-2"}
        self.logs = self.work / "logs"
        self.logs.mkdir(exist_ok=True)
        self.keys = list(EVERYBODY)  # every key that was ever configured, for the search for secrets

    def config(self, upstream, keys=EVERYBODY, limits=(), more="", data="data"):
        """A configuration with these keys, and the file that it stands in."""
        self.keys += [key for key in keys if key not in self.keys]
        lines = [f'listen = "127.0.0.1:0"\ndata = "{self.work / data}"', "[limits]", *limits]
        if upstream:
            lines += [f'[premium]\nurl = "{upstream}"\nindex = "{INDEX}"\nrecheck = "10m"\ndeadline = "10s"']
        lines += [f'[[tenants]]\nid = "{tenant}"\ndata = "{folder}"' for tenant, folder in self.data.items() if keys]
        lines += [key.toml() for key in keys]
        file = self.work / f"gateway-{len(list(self.work.glob('gateway-*.toml')))}.toml"
        file.write_text("\n".join(lines) + "\n" + more)
        return file

    def secrets(self):
        """What must stand in no log and no list of processes, and of the upstream's in no answer."""
        own = {key.secret for key in self.keys}
        return own | self.upstream_secrets()

    def upstream_secrets(self):
        return {key.upstream for key in self.keys if key.upstream}
