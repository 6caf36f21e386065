internal import CPinionCrypto

/// An incremental message digest by OpenSSL's libcrypto.
@safe package final class MessageDigest {
  package enum Algorithm: String, Sendable {
    /// RFC 1321. Detects transmission errors, not attacks.
    case md5 = "MD5"
    /// FIPS 180-4.
    case sha256 = "SHA-256"
  }

  package let algorithm: Algorithm
  private let context: OpaquePointer

  /// Throws ``DigestError`` where the system's policy forbids the algorithm, as FIPS does with MD5.
  package init(_ algorithm: Algorithm) throws(DigestError) {
    self.algorithm = algorithm
    guard let context = unsafe EVP_MD_CTX_new() else {
      throw DigestError(algorithm: algorithm, function: "EVP_MD_CTX_new")
    }
    unsafe self.context = unsafe context
    let method = unsafe algorithm == .md5 ? EVP_md5() : EVP_sha256()
    try unsafe check(EVP_DigestInit_ex(context, method, nil), "EVP_DigestInit_ex")
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  package func update(_ bytes: UnsafeRawBufferPointer) throws(DigestError) {
    try unsafe check(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
  }

  /// The digest in lowercase hexadecimal digits. Ends the message; may be called once.
  package func hexadecimal() throws(DigestError) -> String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    try unsafe check(EVP_DigestFinal_ex(context, &digest, &count), "EVP_DigestFinal_ex")
    return digest.prefix(Int(count)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      .joined()
  }

  private func check(_ status: Int32, _ function: String) throws(DigestError) {
    guard status == 1 else { throw DigestError(algorithm: algorithm, function: function) }
  }
}

extension MessageDigest {
  package static func hexadecimal(
    of bytes: some Sequence<UInt8>, by algorithm: Algorithm
  ) throws(DigestError) -> String {
    let digest = try MessageDigest(algorithm)
    let outcome = unsafe Array(bytes).withUnsafeBytes { memory in
      Result { () throws(DigestError) in try unsafe digest.update(memory) }
    }
    try outcome.get()
    return try digest.hexadecimal()
  }
}

/// A failure of libcrypto.
package struct DigestError: Error, Sendable, Equatable, CustomStringConvertible {
  package let algorithm: MessageDigest.Algorithm
  /// The function of libcrypto that failed.
  package let function: String

  package var description: String {
    "libcrypto on this system refuses \(algorithm.rawValue) (\(function)); "
      + "a policy, such as FIPS, may forbid it"
  }
}
