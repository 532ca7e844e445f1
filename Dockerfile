# The command `imgmeta`, small and without root. Not built where it was written, which has no container engine: see docs/operations.md.
#
#   docker build -t imgmeta . && docker run --rm -v "$PWD:/data" imgmeta run /data/urls.txt --output /data/out
FROM rust:1-slim-trixie AS build
RUN apt-get update && apt-get install --yes --no-install-recommends cmake g++ make pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package imgmeta --bin imgmeta && strip target/release/imgmeta

FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin imgmeta
COPY --from=build /src/target/release/imgmeta /usr/local/bin/imgmeta
USER 10001
WORKDIR /data
ENTRYPOINT ["imgmeta"]
CMD ["--help"]
