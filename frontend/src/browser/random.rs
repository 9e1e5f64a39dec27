//! Randomness for idempotency keys and for a secret.

/// A random UUID (version 4). `crypto.randomUUID` would be shorter, but is missing on pages over plain HTTP.
#[must_use]
pub fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    if !fill(&mut bytes) {
        // No browser comes here. Uniqueness is all that is asked of the key, and it protects nothing.
        bytes[..8].copy_from_slice(&js_sys::Date::now().to_bits().to_be_bytes());
    }
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// 256 random bits in hex; none where the browser has no randomness.
#[must_use]
pub fn secret() -> Option<String> {
    let mut bytes = [0_u8; 32];
    fill(&mut bytes).then(|| hex(&bytes))
}

fn fill(bytes: &mut [u8]) -> bool {
    let crypto = leptos::prelude::window().crypto();
    crypto.is_ok_and(|crypto| crypto.get_random_values_with_u8_array(bytes).is_ok())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
