//! Lists, images and outputs in S3: over a real server, and over one on loopback that misbehaves as told.

mod misbehaving;
mod real;
