//! `postern admin`: shown first, done with the key of the operator when told to.

mod key_file;

use anyhow::{Context as _, anyhow};
use postern_gateway::config::Overrides;
use postern_upstream::{Admin, Failure, IssuedKey, Rollout as Build};
use serde_json::{Value, json};

use self::key_file::KeyFile;
use crate::args::{AdminVerb, Common, ConsentUrl, IssueKey, Operator, Rollout, TextOrJson};
use crate::exit::Exit;
use crate::service::{NO_SERVICE, cannot, cannot_order};
use crate::{key, output, settings, terminal};

/// What would be done, in words.
struct Plan {
    /// The name of the command.
    verb: &'static str,
    does: String,
    /// What cannot be taken back.
    lasting: &'static str,
}

/// Does what the operator orders.
pub(crate) fn run(common: &Common, verb: &AdminVerb) -> anyhow::Result<Exit> {
    match verb {
        AdminVerb::IssueKey(arguments) => issue_key(common, arguments),
        AdminVerb::ConsentUrl(arguments) => consent_url(common, arguments),
        AdminVerb::Rollout(arguments) => roll_out(common, arguments),
    }
}

fn issue_key(common: &Common, arguments: &IssueKey) -> anyhow::Result<Exit> {
    let (operator, tenant) = (&arguments.operator, arguments.tenant.as_str());
    let file = KeyFile::of(arguments);
    let plan = Plan {
        verb: "issue-key",
        does: format!("makes a key for the tenant {tenant}, which goes {}", file.whither()),
        lasting: "the key works at once, and opens all of the tenant",
    };
    let Some(admin) = plan.confirmed(common, operator)? else { return Ok(Exit::Done) };
    // Where it cannot be kept, none is made.
    let opened = file.open()?;
    let issued = wait(admin.issue_key(tenant))?;
    let issued = issued.inspect_err(|_| file.discard());
    let issued = issued.map_err(|failure| refused("make a key", &failure, true))?;
    let IssuedKey { key, expires } = issued;
    let expires = expires.map(|at| at.to_string());
    let kept = opened.map(|opened| file.keep(opened, &key)).transpose();
    kept.context("the key was made and is lost; make another one")?;
    let told = json!({
        "tenant": tenant, "expires": expires, "file": file.path(),
        "key": file.path().is_none().then(|| key.expose()),
    });
    let until = expires.unwrap_or_else(|| "a time that the service does not say".to_owned());
    let about = terminal::safe(&format!("a key for {tenant}, good until {until}"));
    match (operator.format, file.path()) {
        (TextOrJson::Json, _) => plan.done(&told)?,
        (TextOrJson::Text, Some(path)) => {
            output::line(format!("{about}, is in {}", terminal::safe(&path)))?;
        }
        (TextOrJson::Text, None) => {
            output::lines(&[key.expose().to_owned()])?;
            if !common.quiet {
                output::note(about);
            }
        }
    }
    Ok(Exit::Done)
}

fn consent_url(common: &Common, arguments: &ConsentUrl) -> anyhow::Result<Exit> {
    let operator = &arguments.operator;
    let plan = Plan {
        verb: "consent-url",
        does:
            "asks for the address where the administrator of a Microsoft 365 tenant gives consent"
                .to_owned(),
        lasting: "nothing is changed",
    };
    let Some(admin) = plan.confirmed(common, operator)? else { return Ok(Exit::Done) };
    let url = wait(admin.consent_url())?;
    let url = url.map_err(|failure| refused("ask for that address", &failure, false))?;
    match operator.format {
        TextOrJson::Json => plan.done(&json!({"consentUrl": url}))?,
        TextOrJson::Text => output::lines(&[url])?,
    }
    Ok(Exit::Done)
}

fn roll_out(common: &Common, arguments: &Rollout) -> anyhow::Result<Exit> {
    let Rollout { operator, tenant, tag, digest } = arguments;
    let plan = Plan {
        verb: "rollout",
        does: format!("puts {} on the build {tag} ({digest})", tenant.join(", ")),
        lasting: "the service runs that build for them from then on",
    };
    let Some(admin) = plan.confirmed(common, operator)? else { return Ok(Exit::Done) };
    let tenants: Vec<_> = tenant.iter().map(String::as_str).collect();
    let done = wait(admin.roll_out(Build { tenants: &tenants, tag, digest }))?;
    done.map_err(|failure| refused("put tenants on that build", &failure, true))?;
    match operator.format {
        TextOrJson::Json => {
            plan.done(&json!({"tenants": tenant, "tag": tag, "digest": digest}))?;
        }
        TextOrJson::Text => {
            output::line(terminal::safe(&format!("{} run {tag} now", tenant.join(", "))))?;
        }
    }
    Ok(Exit::Done)
}

impl Plan {
    /// A client of the operator, where it is to be done. Else it is shown.
    fn confirmed(&self, common: &Common, operator: &Operator) -> anyhow::Result<Option<Admin>> {
        let admin_key = key::of_operator(common, operator.admin_key_file.as_deref())?;
        let premium = operator.premium.clone();
        let config = settings::load(common, &Overrides { premium, ..Overrides::default() })?;
        let service = config.service()?.context(NO_SERVICE)?;
        if operator.yes {
            return Ok(Some(service.admin(admin_key)));
        }
        match operator.format {
            TextOrJson::Json => output::json(&json!({
                "verb": self.verb, "does": self.does, "at": service.base(), "done": false,
            }))?,
            TextOrJson::Text => {
                let lines =
                    [("does", &*self.does), ("at", service.base()), ("lasting", self.lasting)];
                for (what, value) in lines {
                    let what = output::styled(output::STRONG, format!("{what:>7}"));
                    output::line(format!("{what}  {}", terminal::safe(value)))?;
                }
                output::line("nothing was done; to do it, add --yes")?;
            }
        }
        Ok(None)
    }

    fn done(&self, told: &Value) -> anyhow::Result<()> {
        let mut answer = json!({"verb": self.verb, "does": self.does, "done": true});
        if let (Some(answer), Some(told)) = (answer.as_object_mut(), told.as_object()) {
            answer.extend(told.clone());
        }
        output::json(&answer)
    }
}

fn wait<T>(call: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(call))
}

/// Why it was not done. The service hides these calls from keys of tenants.
fn refused(what: &str, failure: &Failure, changes: bool) -> anyhow::Error {
    match failure {
        Failure::NotFound => anyhow!(
            "cannot {what}: the service knows no such call for this key (status 404); it takes the \
             full-scope key of the operator, and hides the call from others. A tenant that is not there \
             looks the same"
        ),
        Failure::BadKey | Failure::Refused { .. } | Failure::Busy { .. } | Failure::Failed(_)
            if changes =>
        {
            cannot_order(what, failure)
        }
        Failure::BadKey | Failure::Refused { .. } | Failure::Busy { .. } | Failure::Failed(_) => {
            cannot(what, failure)
        }
    }
}
