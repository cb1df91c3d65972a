//! The text of a configuration, with what each part means.

use std::fmt::Write as _;
use std::path::Path;

use super::{Plan, Veeam};

const HEAD: &str = "# The configuration of Postern. `postern config check` says whether it is valid, and\n\
                    # `postern config show` prints every value in force. docs/settings.md has all settings.\n";
const NO_DATATAP: &str = "\n# DataTap, which is asked before the index of this machine.\n# [premium]\n# url = \"https://datatap.example\"\n";
const NO_VEEAM: &str = "\n# A server of Veeam Backup for Microsoft 365. The password is on the one line of a file; with\n\
                        # systemd that may be /run/credentials/postern.service/NAME (LoadCredential=).\n\
                        # [[tenants]]\n# id = \"contoso\"\n# data = \"/var/lib/postern/contoso\"\n# [tenants.veeam]\n\
                        # url = \"https://backup.example:4443\"\n# user = 'CONTOSO\\postern'\n\
                        # password_file = \"/etc/postern/veeam-password\"\n";
const NO_CLUSTER: &str = "\n# An OpenSearch cluster that holds the index, past one machine.\n# [cluster]\n\
                          # urls = [\"https://search-1.example:9200\"]\n# api_key_file = \"/etc/postern/cluster-key\"\n";
const KEYS: &str = "\n# Who may ask: `postern key new NAME` makes a key and keeps its hash in the data folder, where a\n\
                    # running gateway reads it. Without any key, the gateway answers this machine alone.\n";
const FILES: &str = "\n# Folders of files need no setting: `postern index FOLDER` reads them. Run it again for what is new.\n";

/// The whole file.
pub(super) fn of(plan: &Plan) -> String {
    let mut text = HEAD.to_owned();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\n# Address and port of the gateway.\nlisten = {}\n",
        quoted(plan.listen.as_deref().unwrap_or("127.0.0.1:7700"))
    );
    let _ =
        write!(text, "# Where the index and the stored mail lie.\ndata = {}\n", path(&plan.data));
    text.push_str(FILES);
    text.push_str(KEYS);
    text.push_str(&datatap(plan));
    text.push_str(
        &plan.veeam.as_ref().map_or_else(|| NO_VEEAM.to_owned(), |veeam| tenant(plan, veeam)),
    );
    text.push_str(&cluster(plan));
    text.push_str(&sync(plan));
    text
}

fn datatap(plan: &Plan) -> String {
    let Some((url, _)) = &plan.datatap else { return NO_DATATAP.to_owned() };
    format!(
        "\n# DataTap, which is asked before the index of this machine.\n[premium]\nurl = {}\n",
        quoted(url)
    )
}

fn tenant(plan: &Plan, veeam: &Veeam) -> String {
    let mut text = format!(
        "\n# The tenant, and the server of Veeam Backup for Microsoft 365 that holds its mail.\n\
         [[tenants]]\nid = {}\ndata = {}\n[tenants.veeam]\nurl = {}\nuser = {}\npassword_file = {}\n",
        quoted(&plan.tenant),
        path(&plan.data.join(super::folder(&plan.tenant))),
        quoted(&veeam.url),
        quoted(&veeam.user),
        path(&veeam.password_file),
    );
    if let Some(organization) = &veeam.organization {
        let _ = writeln!(text, "organization = {}", quoted(organization));
    }
    if let Some(file) = &veeam.certificates {
        let _ = writeln!(text, "certificates = {}", path(file));
    }
    if plan.datatap.is_some() {
        text.push_str("# DataTap is asked for this tenant too.\npremium = true\n");
    }
    text
}

fn cluster(plan: &Plan) -> String {
    let Some((urls, key)) = &plan.cluster else { return NO_CLUSTER.to_owned() };
    let urls: Vec<_> = urls.iter().map(|url| quoted(url)).collect();
    format!(
        "\n# An OpenSearch cluster that holds the index.\n[cluster]\nurls = [{}]\napi_key_file = {}\n\
         \n# Where mail from files is indexed.\n[index]\nto = \"cluster\"\n",
        urls.join(", "),
        path(key)
    )
}

fn sync(plan: &Plan) -> String {
    let every = plan.every.as_deref().unwrap_or("never");
    let to = if plan.cluster.is_some() { "to = \"cluster\"\n" } else { "" };
    format!(
        "\n# The pause between two downloads of new mail inside `postern serve`. Use this or the timer\n\
         # postern-sync.timer, not both.\n[sync]\nevery = {}\n{to}",
        quoted(every)
    )
}

fn path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// A text of TOML: what JSON writes between quotes is one, but for one control character.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
