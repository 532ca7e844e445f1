//! Buckets of S3 and of what speaks like it.

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey as Key};
use object_store::{ClientConfigKey, RetryConfig};

use crate::odd_keys::Sifting;
use crate::profile::Profile;
use crate::roots::Roots;
use crate::{Environment, Error};

/// Longest time for one request, unless `AWS_TIMEOUT` says otherwise: a part of 32 MiB over a slow line.
pub(crate) const TIMEOUT: &str = "2 minutes";

/// The settings of a profile that are settings of the store, too.
const OF_PROFILES: [(&str, Key); 8] = [
    ("aws_access_key_id", Key::AccessKeyId),
    ("aws_secret_access_key", Key::SecretAccessKey),
    ("aws_session_token", Key::Token),
    ("role_arn", Key::RoleArn),
    ("web_identity_token_file", Key::WebIdentityTokenFile),
    ("role_session_name", Key::RoleSessionName),
    ("region", Key::Region),
    ("endpoint_url", Key::Endpoint),
];

/// A bucket, with the settings and credentials of the environment, else of the profile, else of the machine.
pub(crate) fn open(bucket: &str, environment: &Environment, roots: &Roots) -> Result<AmazonS3, Error> {
    let profile = Profile::read(environment)?;
    let failed = |source| Error::Store { url: format!("s3://{bucket}"), source };
    let mut builder = with_profile(with_environment(environment, roots), &profile).with_bucket_name(bucket);
    if has(&builder, Key::Client(ClientConfigKey::AllowHttp)).is_none() {
        // Who writes `http://` has chosen it.
        let chosen = endpoint(&builder).is_some_and(|url| url.starts_with("http://"));
        builder = builder.with_allow_http(chosen);
    }
    if virtual_hosted(&builder, &profile) {
        // object_store wants the bucket's own endpoint then, and there may be several buckets.
        let own =
            endpoint(&builder).and_then(|url| Some(url.split_once("://")?).map(|(s, h)| format!("{s}://{bucket}.{h}")));
        builder = builder.with_virtual_hosted_style_request(true);
        if let Some(own) = own {
            builder = builder.with_config(Key::S3Endpoint, own);
        }
    }
    builder
        .with_s3_express(bucket.ends_with("--x-s3"))
        .with_retry(no_retries())
        .with_http_connector(Sifting)
        .build()
        .map_err(failed)
}

/// Retries are the callers': they know for how long, and what to tell.
pub(crate) fn no_retries() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

fn with_environment(environment: &Environment, roots: &Roots) -> AmazonS3Builder {
    let builder = AmazonS3Builder::new().with_client_options(roots.options());
    let builder = builder.with_config(Key::Client(ClientConfigKey::Timeout), TIMEOUT);
    environment.with_prefix("AWS_").fold(builder, |builder, (name, value)| match name.parse() {
        Ok(key) => builder.with_config(key, value),
        Err(_) => builder,
    })
}

/// Fills in what the environment leaves open. Credentials come from one of both, never half of each.
fn with_profile(builder: AmazonS3Builder, profile: &Profile) -> AmazonS3Builder {
    let named = [Key::AccessKeyId, Key::WebIdentityTokenFile].iter().any(|key| has(&builder, *key).is_some());
    OF_PROFILES.into_iter().fold(builder, |builder, (name, key)| {
        let settings = matches!(key, Key::Region | Key::Endpoint);
        match profile.get(name).filter(|_| (settings || !named) && has(&builder, key).is_none()) {
            Some(value) => builder.with_config(key, value),
            None => builder,
        }
    })
}

fn has(builder: &AmazonS3Builder, key: Key) -> Option<String> {
    builder.get_config_value(&key).filter(|value| value != "false" && !value.is_empty())
}

fn endpoint(builder: &AmazonS3Builder) -> Option<String> {
    has(builder, Key::S3Endpoint).or_else(|| has(builder, Key::Endpoint))
}

fn virtual_hosted(builder: &AmazonS3Builder, profile: &Profile) -> bool {
    has(builder, Key::VirtualHostedStyleRequest).is_some() || profile.get("s3.addressing_style") == Some("virtual")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)], files: &str) -> Vec<Option<String>> {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), files).unwrap();
        let home = ("HOME".to_owned(), home.path().display().to_string());
        let given = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: Environment = given.chain([home.clone()]).collect();
        let builder =
            with_profile(with_environment(&environment, &Roots::default()), &Profile::read(&environment).unwrap());
        [Key::AccessKeyId, Key::Token, Key::Region, Key::Endpoint].iter().map(|key| has(&builder, *key)).collect()
    }

    #[test]
    fn the_environment_comes_first_and_credentials_are_never_mixed() {
        let files = "[default]\naws_access_key_id=F\naws_secret_access_key=s\naws_session_token=T\nregion=r\n";
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(settings(&[], files), [some("F"), some("T"), some("r"), None]);
        let keys = [("AWS_ACCESS_KEY_ID", "E"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_DEFAULT_REGION", "e")];
        assert_eq!(settings(&keys, files), [some("E"), None, some("e"), None]);
        let endpoint = [("AWS_ENDPOINT_URL", "http://h"), ("AWS_REGION", "x"), ("AWS_DEFAULT_REGION", "y")];
        assert_eq!(settings(&endpoint, files), [some("F"), some("T"), some("x"), some("http://h")]);
    }
}
