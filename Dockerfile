# One image with all programs: `hubbub` is the whole product, the three services are its parts.
#   docker build -t hubbub .
#   docker run -p 127.0.0.1:8080:8080 -v hubbub:/var/lib/hubbub -e HUBBUB_AUTH__SECRET=… hubbub

FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
        -p hubbub -p chat-service -p notification-service -p scheduler-service \
    && install -D -t /out \
        target/release/hubbub target/release/chat-service \
        target/release/notification-service target/release/scheduler-service

FROM debian:bookworm-slim
# ca-certificates: TLS to databases, brokers and S3. curl: the health checks.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/hubbub --create-home hubbub
COPY --from=build /out/ /usr/local/bin/
USER hubbub
WORKDIR /var/lib/hubbub
VOLUME /var/lib/hubbub
ENV HUBBUB_MODE=production \
    HUBBUB_DATA=/var/lib/hubbub \
    HUBBUB_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --start-period=60s CMD ["curl", "-fsS", "http://127.0.0.1:8080/readyz"]
CMD ["hubbub"]
