internal import PinionDigest

/// What a published checksum is worth.
public enum ChecksumAlgorithm: String, Sendable {
  /// Detects an accident: a transfer cut short, a bit flipped. Files that differ and have the same MD5 can be made in
  /// seconds, so it says nothing against someone who wants to pass off another file.
  case md5 = "MD5"
  /// Detects forgeries too: nobody knows two files with the same SHA-256.
  case sha256 = "SHA-256"

  var messageDigest: MessageDigest.Algorithm {
    switch self {
    case .md5: .md5
    case .sha256: .sha256
    }
  }
}
