//! A real socket.

use super::*;
use crate::{ServeError, bind};

async fn get(address: String) -> reqwest::Result<reqwest::Response> {
    postern_upstream::http().build()?.get(address).send().await
}

#[tokio::test]
async fn serves_until_told_to_stop() {
    let bound = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = bound.address();
    assert_ne!(address.port(), 0);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let state = State::new(&nobody(None), now).unwrap();
    let running = tokio::spawn(bound.run(state, async move { stopped.await.unwrap() }));
    let answer = get(format!("http://{address}/healthz")).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "ok");
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_told_with_the_next_step() {
    let first = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let error = bind(first.address()).await.unwrap_err();
    assert!(matches!(error, ServeError::InUse(address) if address == first.address()));
    assert!(error.to_string().contains("--listen"));
}

/// What is under way when the gateway is told to stop is answered.
#[tokio::test]
async fn requests_under_way_are_finished() {
    let bound = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = bound.address();
    let memory = Arc::new(slow_mail(Duration::from_secs(1)));
    let local = Local::answering(Arc::<Memory>::clone(&memory));
    let state = State::over(&nobody(None), Locals::common(local), now).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(bound.run(state, async move { stopped.await.unwrap() }));
    drop(get(format!("http://{address}/healthz")).await.unwrap());
    let asking = tokio::spawn(get(format!("http://{address}/v1/search?q=invoice")));
    while memory.asked.load(atomic::Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send(()).unwrap();
    assert_eq!(asking.await.unwrap().unwrap().status(), 200);
    running.await.unwrap().unwrap();
    assert!(get(format!("http://{address}/healthz")).await.is_err(), "nobody new");
}
