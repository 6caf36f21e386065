/// Why libcrypto computed no digest.
package struct DigestError: Error, Sendable, Equatable, CustomStringConvertible {
  package let algorithm: MessageDigest.Algorithm
  /// What failed: libcrypto's own function.
  package let function: String

  package var description: String {
    "libcrypto on this system refuses \(algorithm.rawValue) (\(function)); "
      + "a policy, such as FIPS, may forbid it"
  }
}
