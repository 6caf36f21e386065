internal import CPinionCrypto

/// A message digest, computed piece by piece by OpenSSL's libcrypto.
package final class MessageDigest {
  package enum Algorithm: String, Sendable {
    /// Rivest, RFC 1321. Detects accidents, not attackers.
    case md5 = "MD5"
    /// FIPS 180-4.
    case sha256 = "SHA-256"
  }

  package let algorithm: Algorithm
  private let context: OpaquePointer

  package init(_ algorithm: Algorithm) {
    self.algorithm = algorithm
    guard let context = EVP_MD_CTX_new() else { fatalError("libcrypto has no memory for a digest") }
    self.context = context
    let method = algorithm == .md5 ? EVP_md5() : EVP_sha256()
    // Fails for MD5 where the system's policy (FIPS) forbids it.
    guard EVP_DigestInit_ex(context, method, nil) == 1 else {
      fatalError("libcrypto on this system does not offer \(algorithm.rawValue)")
    }
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Appends bytes to the message.
  package func update(_ bytes: UnsafeRawBufferPointer) {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
      fatalError("libcrypto could not update a \(algorithm.rawValue) digest")
    }
  }

  /// The digest in lower-case hexadecimal digits. Ends the message: call it once.
  package func hexadecimal() -> String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    guard EVP_DigestFinal_ex(context, &digest, &count) == 1 else {
      fatalError("libcrypto could not end a \(algorithm.rawValue) digest")
    }
    return digest.prefix(Int(count)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      .joined()
  }
}

extension MessageDigest {
  /// The digest of bytes that are all at hand.
  package static func hexadecimal(of bytes: some Sequence<UInt8>, by algorithm: Algorithm) -> String
  {
    let digest = MessageDigest(algorithm)
    Array(bytes).withUnsafeBytes { digest.update($0) }
    return digest.hexadecimal()
  }
}
