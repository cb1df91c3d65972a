use std::fs;
use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::Verb;

fn clock() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn item(at: &str, id: &str) -> Item {
    let owner = format!("{at}@contoso.com");
    Item { at: at.into(), id: id.into(), owner, folder: None, title: id.into(), message: None }
}

fn items(ids: &[&str]) -> Vec<Item> {
    ids.iter().map(|id| item(id.get(..1).unwrap(), id)).collect()
}

fn plan(verb: Verb, steps: Steps, ids: &[&str]) -> Proposal {
    Proposal::new(verb, "veeam", "contoso.onmicrosoft.com", steps, items(ids))
}

/// Answers with what is said for an item, else with success, and notes what it was asked.
struct Script {
    answers: Vec<(&'static str, Outcome)>,
    asked: Mutex<Vec<Vec<String>>>,
}

impl Script {
    fn new(answers: &[(&'static str, Outcome)]) -> Self {
        Self { answers: answers.to_vec(), asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Act for Script {
    fn act<'a>(&'a self, items: &'a [Item]) -> Acting<'a> {
        let ids: Vec<_> = items.iter().map(|item| item.id.clone()).collect();
        let answer = self.answers.iter().find(|(id, _)| ids.iter().any(|known| known == id));
        let answer = answer.map_or(Outcome::Done(None), |(_, outcome)| outcome.clone());
        self.asked.lock().unwrap().push(ids);
        Box::pin(std::future::ready(answer))
    }
}

fn refused() -> Outcome {
    Outcome::NotDone("no".into())
}

fn silent() -> Outcome {
    Outcome::NotKnown("no answer".into())
}

fn run_with(data: &Path, proposal: &Proposal, script: &Script, again: bool) -> Report {
    let stop = AtomicBool::new(false);
    let order = Order { by: "test", again, clock, stop: &stop };
    let record = Record::below(data);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(carry_out(proposal, &record, order, script, &mut |_, _| {})).unwrap()
}

#[track_caller]
fn check(report: &Report, expected: &[(&str, &str)]) {
    let items = report.items.iter();
    let told: Vec<_> = items.map(|(item, told)| (item.id.as_str(), told.as_str())).collect();
    assert_eq!(told, expected);
}

#[test]
fn each_is_told_and_nothing_is_done_twice() {
    let data = tempfile::tempdir().unwrap();
    let plan = plan(Verb::Restore, Steps::Each, &["a1", "a2", "b1"]);
    let script = Script::new(&[("a2", refused()), ("b1", silent())]);
    let first = run_with(data.path(), &plan, &script, false);
    check(&first, &[("a1", "done"), ("a2", "not done"), ("b1", "not known")]);
    assert!(!first.is_whole() && first.is_begun());
    assert_eq!(script.asked(), [["a1"], ["a2"], ["b1"]]);

    let kinder = Script::new(&[]);
    let second = run_with(data.path(), &plan, &kinder, false);
    let left = "not known since an earlier run";
    check(&second, &[("a1", "done before"), ("a2", "done"), ("b1", left)]);
    assert_eq!(kinder.asked(), [["a2"]], "only what was surely not done");

    let ordered = run_with(data.path(), &plan, &kinder, true);
    check(&ordered, &[("a1", "done"), ("a2", "done"), ("b1", "done")]);
}

#[test]
fn what_another_plan_did_is_done() {
    let data = tempfile::tempdir().unwrap();
    let script = Script::new(&[]);
    run_with(data.path(), &plan(Verb::Restore, Steps::Each, &["a1"]), &script, false);
    let wider = plan(Verb::Restore, Steps::Each, &["a1", "a2"]);
    check(&run_with(data.path(), &wider, &script, false), &[("a1", "done before"), ("a2", "done")]);
    // Elsewhere, or something else, is another act.
    let elsewhere = wider.with("mailbox", "bob@contoso.com");
    check(&run_with(data.path(), &elsewhere, &script, false), &[("a1", "done"), ("a2", "done")]);
    let sent = plan(Verb::Send, Steps::Each, &["a1"]);
    check(&run_with(data.path(), &sent, &script, false), &[("a1", "done")]);
}

#[test]
fn reading_may_be_done_again() {
    let data = tempfile::tempdir().unwrap();
    let (plan, script) = (plan(Verb::ExportPst, Steps::Within, &["a1"]), Script::new(&[]));
    for _ in 0..2 {
        check(&run_with(data.path(), &plan, &script, false), &[("a1", "done")]);
    }
}

#[test]
fn a_run_ends_where_everything_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let plan = plan(Verb::Restore, Steps::Each, &["a1", "a2", "a3", "a4", "a5"]);
    let script = Script::new(&["a1", "a2", "a3"].map(|id| (id, refused())));
    let report = run_with(data.path(), &plan, &script, false);
    let (no, not) = ("not done", "not begun");
    check(&report, &[("a1", no), ("a2", no), ("a3", no), ("a4", not), ("a5", not)]);
    assert!(report.ended.unwrap().contains("3 in a row"));
    let one = Script::new(&["a1", "a2", "a4", "a5"].map(|id| (id, refused())));
    let report = run_with(data.path(), &plan, &one, false);
    assert_eq!((report.count("not begun"), report.ended), (0, None));
}

#[test]
fn a_run_that_is_stopped_begins_nothing_more() {
    let data = tempfile::tempdir().unwrap();
    let plan = plan(Verb::Restore, Steps::Each, &["a1", "a2"]);
    let (stop, script) = (AtomicBool::new(false), Script::new(&[]));
    let order = Order { by: "test", again: false, clock, stop: &stop };
    let record = Record::below(data.path());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let told = &mut |_: &Item, _: &Told| stop.store(true, Ordering::Relaxed);
    let report = runtime.block_on(carry_out(&plan, &record, order, &script, told)).unwrap();
    check(&report, &[("a1", "done"), ("a2", "not begun")]);
}

#[test]
fn steps_hold_what_the_plan_says() {
    let ids = ["b1", "a1", "a2"];
    for (steps, expected) in [
        (Steps::Each, &[&["a1"][..], &["a2"], &["b1"]][..]),
        (Steps::Within, &[&["a1", "a2"], &["b1"]]),
        (Steps::Whole, &[&["a1", "a2", "b1"]]),
    ] {
        let (data, script) = (tempfile::tempdir().unwrap(), Script::new(&[]));
        run_with(data.path(), &plan(Verb::ExportPst, steps, &ids), &script, false);
        assert_eq!(script.asked(), expected, "{steps:?}");
    }
}

/// A record that ends anywhere, as a kill leaves it: what was begun is never done by itself again, and
/// what was not begun is.
#[test]
fn a_record_that_is_cut_anywhere() {
    let whole = tempfile::tempdir().unwrap();
    let plan = plan(Verb::Restore, Steps::Each, &["a1", "a2"]);
    run_with(whole.path(), &plan, &Script::new(&[]), false);
    let bytes = fs::read(whole.path().join("actions.jsonl")).unwrap();
    let begun = |id: usize| {
        let lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        // planned, begun, ended, begun, ended, finished
        lines[..2 * id].iter().map(|line| line.len()).sum::<usize>() - 1
    };
    for cut in 0..=bytes.len() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("actions.jsonl"), &bytes[..cut]).unwrap();
        let script = Script::new(&[]);
        run_with(data.path(), &plan, &script, false);
        let expected: Vec<_> =
            [("a1", 1), ("a2", 2)].into_iter().filter(|(_, id)| cut < begun(*id)).collect();
        let expected: Vec<_> = expected.iter().map(|(id, _)| vec![(*id).to_owned()]).collect();
        assert_eq!(script.asked(), expected, "cut at {cut} of {}", bytes.len());
        let again = Script::new(&[]);
        run_with(data.path(), &plan, &again, false);
        assert_eq!(again.asked(), Vec::<Vec<String>>::new(), "cut at {cut}");
    }
}

#[test]
fn one_run_at_a_time() {
    let data = tempfile::tempdir().unwrap();
    let (record, plan) = (Record::below(data.path()), plan(Verb::Send, Steps::Each, &["a1"]));
    let running = record.begin(&plan, "test", clock()).unwrap();
    assert!(matches!(record.begin(&plan, "test", clock()), Err(RecordError::Busy)));
    assert_eq!(record.standings(&plan).unwrap(), [Standing::New]);
    drop(running);
    assert!(record.begin(&plan, "test", clock()).is_ok());
}

#[test]
fn a_plan_is_its_items_and_arguments() {
    let plan = |ids: &[&str]| plan(Verb::Restore, Steps::Each, ids);
    let id = plan(&["a1", "a2"]).id().to_string();
    assert_eq!(id.len(), 32);
    assert_eq!(plan(&["a2", "a1", "a1"]).id().to_string(), id, "in any order, each once");
    assert_eq!(plan(&["a1", "a2"]).confirm(Some(&id)), Ok(()));
    assert_eq!(plan(&["a1", "a2"]).confirm(None), Ok(()));
    for other in [
        plan(&["a1"]),
        plan(&["a1", "a2", "a3"]),
        plan(&["a1", "a2"]).with("mailbox", ""),
        Proposal::new(Verb::Restore, "veeam", "other", Steps::Each, items(&["a1", "a2"])),
        Proposal::new(
            Verb::Restore,
            "veeam",
            "contoso.onmicrosoft.com",
            Steps::Each,
            vec![item("a", "1a1"), item("a", "a2")],
        ),
    ] {
        let refused = other.confirm(Some(&id)).unwrap_err().to_string();
        assert!(refused.contains(&other.id().to_string()), "{refused}");
    }
}

#[test]
fn a_plan_has_a_limit() {
    use crate::Refused;
    let plan = |ids: &[&str]| plan(Verb::Send, Steps::Each, ids);
    assert_eq!(plan(&[]).within(1), Err(Refused::Nothing(Verb::Send)));
    assert_eq!(plan(&["a1", "a2"]).within(1), Err(Refused::TooMany { found: 2, limit: 1 }));
    assert!(plan(&["a1", "a1"]).within(1).is_ok());
}
