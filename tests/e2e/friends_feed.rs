//! People and friendships that other services tell of on RabbitMQ, as the document of the `friends`
//! dialect has it: by the default exchange, the action in the content type.

use domain::NodeId;
use e2e::{Server, eventually};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, QueueDeclareOptions},
    types::FieldTable,
};
use serde_json::{Value, json};
use testkit::rabbit_server::{self, RabbitServer};

/// The other services' end of the queue, which outlives nothing, as theirs.
struct Services {
    _connection: Connection,
    channel: Channel,
    queue: String,
}

impl Services {
    async fn on(url: &str, queue: &str) -> Self {
        let options = ConnectionProperties::default();
        let connection = Connection::connect(url, options).await.expect("a broker");
        let channel = connection.create_channel().await.expect("a channel");
        let options = QueueDeclareOptions::default();
        let declared = channel.queue_declare(queue.into(), options, FieldTable::default());
        declared.await.expect("a queue");
        Self {
            _connection: connection,
            channel,
            queue: queue.to_owned(),
        }
    }

    async fn tell(&self, action: &str, body: &Value) {
        let properties = BasicProperties::default().with_content_type(action.into());
        let options = BasicPublishOptions::default();
        let (queue, body) = (self.queue.as_str().into(), body.to_string());
        let told =
            self.channel
                .basic_publish("".into(), queue, options, body.as_bytes(), properties);
        told.await.expect("the broker takes it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_and_friends_arrive_over_a_queue_of_another_system() {
    let Some(rabbit) = rabbit_server::or_skip(RabbitServer::shared()) else {
        return;
    };
    let name = format!("test-{}", NodeId::new().uuid().simple());
    let queue = format!("{name}.chat");
    let services = Services::on(rabbit.url(), &queue).await;
    let server = Server::start_with(|settings| {
        settings.friends.events_queue.clone_from(&queue);
        settings.friends.events_url = format!("{}?prefix={name}", rabbit.url());
    });
    let server = server.await;
    let ann = server.anon().sign_up("ann").await;

    let friends = json!({"friends": [
        {"id": ann.id, "full_name": "Wrong Name"}, {"id": "8", "full_name": "Bob Ray"},
    ]});
    services.tell("friend.created", &friends).await;
    services.tell("user.waved", &json!("poison")).await;
    let known = json!({"id": ann.id, "email": "x@example.org", "full_name": "Ann Lee"});
    services.tell("user.created", &known).await;
    let renamed = json!({"id": "8", "email": "y@example.org", "full_name": "Robert Ray"});
    services.tell("user.updated", &renamed).await;
    let friend = |name: &'static str| {
        let ann = &ann;
        eventually(name, move || async move {
            let page = ann.rest.get("/api/chat/users/").await.expect(200);
            let friend = &page["results"][0]["friend"];
            (friend["full_name"] == name).then(|| assert_eq!(friend["id"], "8"))
        })
    };
    friend("Robert Ray").await;
    let me = ann.rest.get("/api/v1/me").await.expect(200);
    let names = (&me["first_name"], &me["last_name"]);
    assert_eq!(names, (&json!("Ann"), &json!("Lee")), "{me}");
    services.tell("user.deleted", &json!({"id": "8"})).await;
    friend("Deleted user").await;
    server.stop().await;
}
