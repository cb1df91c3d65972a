//! What a terminal is asked; an empty answer takes what stands in brackets.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use anyhow::bail;

use super::{Plan, Veeam};
use crate::terminal;

/// Where questions go, and answers come from.
struct Talk<'a, R, W> {
    answers: &'a mut R,
    questions: &'a mut W,
}

/// Asks for all that no flag says.
///
/// # Errors
///
/// When the answers end, or the terminal is gone.
pub(super) fn ask(
    plan: &mut Plan,
    answers: &mut impl BufRead,
    questions: &mut impl Write,
) -> anyhow::Result<()> {
    let mut talk = Talk { answers, questions };
    plan.data = talk.or("Folder for index and mail", &plan.data.display().to_string())?.into();
    plan.tenant = talk.or("Id of the tenant", &plan.tenant)?;
    if plan.datatap.is_none()
        && let Some(url) = talk.maybe("Address of DataTap, such as https://datatap.example")?
    {
        plan.datatap = Some((url, talk.file("File with the key for DataTap")?));
    }
    if plan.veeam.is_none()
        && let Some(url) = talk.maybe("Address of Veeam, such as https://backup.example:4443")?
    {
        plan.veeam = Some(talk.veeam(url)?);
    }
    if plan.cluster.is_none()
        && let Some(url) =
            talk.maybe("Address of an OpenSearch node, such as https://search.example:9200")?
    {
        plan.cluster = Some((vec![url], talk.file("File with the key for the cluster")?));
    }
    let can_sync = plan.datatap.is_some() || plan.veeam.is_some();
    if plan.every.is_none() && can_sync {
        plan.every = Some(talk.or("Pause between two syncs of the gateway", "never")?);
    }
    if plan.key.is_none() {
        plan.key = talk.maybe("Name of a first key; without one only this machine may ask")?;
    }
    if plan.listen.is_none() {
        plan.listen = Some(talk.or("Address and port of the gateway", "127.0.0.1:7700")?);
    }
    Ok(())
}

impl<R: BufRead, W: Write> Talk<'_, R, W> {
    fn veeam(&mut self, url: String) -> anyhow::Result<Veeam> {
        Ok(Veeam {
            url,
            user: self.needed("User at Veeam, such as CONTOSO\\postern")?,
            password_file: self.file("File with the password of that user")?,
            organization: self.maybe("Organization, where the server has several")?,
            certificates: self
                .maybe("File with the certificate of the server, where it signed its own")?
                .map(PathBuf::from),
        })
    }

    /// A line; nothing for an empty one.
    fn maybe(&mut self, question: &str) -> anyhow::Result<Option<String>> {
        self.line(question, "none")
    }

    fn or(&mut self, question: &str, usual: &str) -> anyhow::Result<String> {
        let answer = self.line(question, usual)?;
        Ok(answer.unwrap_or_else(|| usual.to_owned()))
    }

    fn needed(&mut self, question: &str) -> anyhow::Result<String> {
        loop {
            if let Some(answer) = self.line(question, "needed")? {
                return Ok(answer);
            }
        }
    }

    fn file(&mut self, question: &str) -> anyhow::Result<PathBuf> {
        self.needed(question).map(PathBuf::from)
    }

    fn line(&mut self, question: &str, usual: &str) -> anyhow::Result<Option<String>> {
        write!(self.questions, "{question} [{}]: ", terminal::safe(usual))?;
        self.questions.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            bail!("the answers ended; nothing was written");
        }
        let line = line.trim();
        Ok((!line.is_empty()).then(|| line.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn answered(answers: &str) -> (anyhow::Result<()>, Plan, String) {
        let mut plan = Plan { data: "/d".into(), tenant: "local".into(), ..Plan::default() };
        let mut asked = Vec::new();
        let done = ask(&mut plan, &mut answers.as_bytes(), &mut asked);
        (done, plan, String::from_utf8(asked).unwrap())
    }

    #[test]
    fn empty_answers_take_what_is_usual() {
        let (done, plan, asked) = answered("\n\n\n\n\n\n\n");
        assert!(done.is_ok(), "{asked}");
        assert_eq!(plan.data, PathBuf::from("/d"));
        assert_eq!(plan.listen.as_deref(), Some("127.0.0.1:7700"));
        assert!(plan.datatap.is_none() && plan.veeam.is_none() && plan.key.is_none());
        assert!(!asked.contains("Pause"), "nothing can be synced: {asked}");
    }

    #[test]
    fn what_is_needed_is_asked_again() {
        let lines = "\nt1\nhttps://d.example\n\n key.txt \n\n\n15m\nadmin\n\n";
        let (done, plan, asked) = answered(lines);
        assert!(done.is_ok(), "{asked}");
        let datatap = ("https://d.example".to_owned(), PathBuf::from("key.txt"));
        assert_eq!(plan.datatap, Some(datatap));
        assert_eq!(asked.matches("File with the key for DataTap").count(), 2, "{asked}");
        assert_eq!((plan.every.as_deref(), plan.key.as_deref()), (Some("15m"), Some("admin")));
        assert_eq!(plan.tenant, "t1");
    }

    #[test]
    fn an_end_of_the_answers_is_told() {
        let (done, _, _) = answered("/data\n");
        assert_eq!(done.unwrap_err().to_string(), "the answers ended; nothing was written");
    }
}
