//! When certificates end.

use std::time::Duration;

use jiff::Timestamp;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

/// The last second that a certificate can name is the one before: the year 10000.
const AFTER_ALL: Duration = Duration::from_secs(253_402_300_800);

/// When each certificate of a text in PEM ends, in the order of the text. What cannot be read is left out.
///
/// ```
/// assert!(postern_upstream::certificate_ends(b"no certificate").is_empty());
/// ```
#[must_use]
pub fn certificate_ends(pem: &[u8]) -> Vec<Timestamp> {
    let all = CertificateDer::pem_slice_iter(pem).flatten();
    all.filter_map(|one| end_of(&one)).collect()
}

/// When a certificate in its DER form ends.
pub(crate) fn end_of(der: &[u8]) -> Option<Timestamp> {
    let der = CertificateDer::from(der);
    let certificate = ParsedCertificate::try_from(&der).ok()?;
    // The library says when a certificate ended, and does so before it looks at anything else.
    let known = ring::default_provider().signature_verification_algorithms;
    let time = UnixTime::since_unix_epoch(AFTER_ALL);
    let roots = RootCertStore::empty();
    let verified =
        verify_server_cert_signed_by_trust_anchor(&certificate, &roots, &[], time, known.all);
    let Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) =
        verified
    else {
        return None;
    };
    Timestamp::from_second(i64::try_from(not_after.as_secs()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by `openssl req -x509 -days N`; `openssl x509 -noout -enddate` says when they end.
    const FIRST: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBhDCCASmgAwIBAgIUC6PniEpI85xdbfDCVg3hOCFLnmQwCgYIKoZIzj0EAwIw\n\
        FzEVMBMGA1UEAwwMc2VydmljZS50ZXN0MB4XDTI2MTEzMDE2NDAwNloXDTI2MTIw\n\
        MTE2NDAwNlowFzEVMBMGA1UEAwwMc2VydmljZS50ZXN0MFkwEwYHKoZIzj0CAQYI\n\
        KoZIzj0DAQcDQgAESJdTea6MpPYHOwy/5X3dysDoCqQZ5XHTO3v5SeoDhPdvgFQb\n\
        hRhrHil9T/FLsUjSQUls3009nwhPScPSNN4i1aNTMFEwHQYDVR0OBBYEFKKM154m\n\
        L1Z/evaR9ZpZCOx52PLMMB8GA1UdIwQYMBaAFKKM154mL1Z/evaR9ZpZCOx52PLM\n\
        MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANxnKuMo8Ti8Z+RW\n\
        ywGTG8SYzwhpqeLEUibjYBe6c7kVAiEAxpxoryrcLlKo12sFEwju5GtM0YQtBOX+\n\
        mopYeKIg8Ns=\n\
        -----END CERTIFICATE-----\n";
    const SECOND: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBhDCCASugAwIBAgIUWdqmckOqZ47bf5jkuxTNq0SwzBQwCgYIKoZIzj0EAwIw\n\
        FzEVMBMGA1UEAwwMc2VydmljZS50ZXN0MCAXDTI2MTEzMDE2NDAwNloYDzIxMDkw\n\
        MTE5MTY0MDA2WjAXMRUwEwYDVQQDDAxzZXJ2aWNlLnRlc3QwWTATBgcqhkjOPQIB\n\
        BggqhkjOPQMBBwNCAARIl1N5royk9gc7DL/lfd3KwOgKpBnlcdM7e/lJ6gOE92+A\n\
        VBuFGGseKX1P8UuxSNJBSWzfTT2fCE9Jw9I03iLVo1MwUTAdBgNVHQ4EFgQUoozX\n\
        niYvVn969pH1mlkI7HnY8swwHwYDVR0jBBgwFoAUoozXniYvVn969pH1mlkI7HnY\n\
        8swwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBZYuMjp8kIeXwK\n\
        MU2xbpU2zyHHYgwHavpRe/+phueBtwIgXv0zv3YPfi0BcjEH+6HJRWy9vyWNPAGG\n\
        xw80n9lgdHY=\n\
        -----END CERTIFICATE-----\n";

    #[test]
    fn each_certificate_of_a_file_ends() {
        for (text, ends) in [
            (FIRST.to_owned(), &["2026-12-01T16:40:06Z"][..]),
            (
                format!("{SECOND}\nwords\n{FIRST}"),
                &["2109-01-19T16:40:06Z", "2026-12-01T16:40:06Z"],
            ),
            (FIRST.replacen("MII", "AII", 1), &[]),
            ("-----BEGIN CERTIFICATE-----\n".to_owned(), &[]),
        ] {
            let ends = ends.iter().map(|end| end.parse().unwrap());
            assert_eq!(
                certificate_ends(text.as_bytes()),
                ends.collect::<Vec<Timestamp>>(),
                "{text}"
            );
        }
    }
}
