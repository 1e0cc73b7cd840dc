//! Everything over real TCP: in one process on embedded storage, again on MongoDB, Redis and
//! RabbitMQ, and on several servers and single services that share them.

mod accounts;
mod again;
mod archive;
mod archive_admin;
mod bad_input;
mod clocks;
mod described;
mod fan_out;
mod files;
mod friends_document;
mod friends_feed;
mod home;
mod import_go_chat;
mod live;
mod messages_native;
mod migrate;
mod mongodb;
mod native;
mod nodes;
mod notifications;
mod old_changes;
mod operations;
mod orders;
mod rabbitmq;
mod rates;
mod readme;
mod recipients_document;
mod redis;
mod repeats;
mod resume;
mod rooms_document;
mod rooms_native;
mod split;
mod tenants_document;
mod usernames_document;
