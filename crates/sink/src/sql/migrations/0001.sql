-- Version 1. A migration is never changed once it was released: what comes later is another one.
-- A word after a dollar sign stands for what the two databases write in different ways; see ../schema.rs.

CREATE TABLE runs (
    run $identity,
    id text NOT NULL UNIQUE,
    output text NOT NULL,
    settings $json NOT NULL,
    tags boolean NOT NULL,
    complete boolean NOT NULL DEFAULT false,
    created_at $utc NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at $utc NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE shards (
    run integer NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
    shard bigint NOT NULL,
    images bigint NOT NULL,
    failures bigint NOT NULL,
    loaded_at $utc NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (run, shard)
);

CREATE TABLE images (
    run integer NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
    row bigint NOT NULL,
    shard bigint NOT NULL,
    url text NOT NULL,
    host text,
    format text NOT NULL,
    mode text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    display_width integer NOT NULL,
    display_height integer NOT NULL,
    orientation integer,
    taken_at $local,
    taken_at_offset_minutes integer,
    camera_make text,
    camera_model text,
    camera_lens text,
    camera_software text,
    camera_exposure_seconds double precision,
    camera_f_number double precision,
    camera_iso bigint,
    camera_focal_length_mm double precision,
    camera_focal_length_35mm bigint,
    gps_latitude double precision,
    gps_longitude double precision,
    gps_altitude_m double precision,
    gps_direction_deg double precision,
    gps_taken_at_utc $utc,
    profile text,
    bytes bigint,
    sha256 text,
    fetch_status integer,
    fetch_final_url text,
    fetch_content_type text,
    fetch_last_modified $utc,
    fetch_etag text,
    fetch_bytes_read bigint NOT NULL,
    fetch_requests integer NOT NULL,
    fetch_attempts integer NOT NULL,
    fetch_millis bigint NOT NULL,
    exif $json NOT NULL,
    other $json NOT NULL,
    xmp $json,
    iptc $json,
    warnings $json NOT NULL,
    extra $json,
    PRIMARY KEY (run, row)
);

-- A URL may be longer than what a B-tree takes.
CREATE INDEX images_url ON images $hash (url);
CREATE INDEX images_taken_at ON images (taken_at) WHERE taken_at IS NOT NULL;
CREATE INDEX images_position ON images (gps_latitude, gps_longitude) WHERE gps_latitude IS NOT NULL;

CREATE TABLE failures (
    run integer NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
    row bigint NOT NULL,
    shard bigint NOT NULL,
    url text NOT NULL,
    host text,
    error text NOT NULL,
    kind text NOT NULL,
    phase text NOT NULL,
    status integer,
    retryable boolean NOT NULL,
    fetch_status integer,
    fetch_final_url text,
    fetch_content_type text,
    fetch_last_modified $utc,
    fetch_etag text,
    fetch_bytes_read bigint NOT NULL,
    fetch_requests integer NOT NULL,
    fetch_attempts integer NOT NULL,
    fetch_millis bigint NOT NULL,
    extra $json,
    PRIMARY KEY (run, row)
);

CREATE INDEX failures_kind ON failures (run, kind);
CREATE INDEX failures_host ON failures (run, host);

CREATE TABLE exif_tags (
    run integer NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
    row bigint NOT NULL,
    ifd text NOT NULL,
    tag text NOT NULL,
    nth integer NOT NULL,
    value text,
    PRIMARY KEY (run, row, ifd, tag, nth)
);

CREATE INDEX exif_tags_tag ON exif_tags (tag);

CREATE VIEW outcomes AS
SELECT run, row, url, host, NULL AS kind FROM images
UNION ALL
SELECT run, row, url, host, kind FROM failures;

CREATE VIEW formats AS
SELECT run, format, mode, count(*) AS images, sum(bytes) AS bytes, sum(fetch_bytes_read) AS bytes_read
FROM images GROUP BY run, format, mode;

CREATE VIEW cameras AS
SELECT run, camera_make, camera_model, count(*) AS images, min(taken_at) AS first_taken_at, max(taken_at) AS last_taken_at
FROM images WHERE camera_make IS NOT NULL OR camera_model IS NOT NULL
GROUP BY run, camera_make, camera_model;

CREATE VIEW positions AS
SELECT run, row, url, gps_latitude AS latitude, gps_longitude AS longitude, gps_altitude_m AS altitude_m,
    gps_direction_deg AS direction_deg, taken_at, camera_model
FROM images WHERE gps_latitude IS NOT NULL AND gps_longitude IS NOT NULL;

CREATE VIEW failures_by_kind AS
SELECT run, kind, phase, status, retryable, count(*) AS failures, min(url) AS example, min(error) AS error
FROM failures GROUP BY run, kind, phase, status, retryable;

CREATE VIEW failures_by_host AS
SELECT run, host, kind, count(*) AS failures, sum(CASE WHEN retryable THEN 1 ELSE 0 END) AS retryable, min(url) AS example
FROM failures GROUP BY run, host, kind;
