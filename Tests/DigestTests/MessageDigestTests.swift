import Foundation
import Testing

@testable import PinionDigest

@Suite struct MessageDigestTests {
  /// The test suite of RFC 1321, appendix A.5.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
  ])
  func publishedMD5(message: String, expected: String) throws {
    #expect(try MessageDigest.hexadecimal(of: message.utf8, by: .md5) == expected)
  }

  /// The examples of FIPS 180-4 for SHA-256, and the empty message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func publishedSHA256(message: String, expected: String) throws {
    #expect(try MessageDigest.hexadecimal(of: message.utf8, by: .sha256) == expected)
  }

  @Test(arguments: [1, 3, 63, 64, 65, 1_000])
  func piecesMakeNoDifference(pieces: Int) throws {
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    for algorithm in [MessageDigest.Algorithm.md5, .sha256] {
      let digest = try MessageDigest(algorithm)
      try bytes.withUnsafeBytes { memory in
        for start in stride(from: 0, to: bytes.count, by: pieces) {
          let end = min(start + pieces, bytes.count)
          try digest.update(UnsafeRawBufferPointer(rebasing: memory[start..<end]))
        }
      }
      #expect(
        try digest.hexadecimal() == MessageDigest.hexadecimal(of: bytes, by: algorithm),
        "\(algorithm.rawValue) in pieces of \(pieces)")
    }
  }

  /// A policy like that of FIPS 140, without a provider that fulfils it: nothing is offered.
  @Test func anAlgorithmThatThePolicyForbidsIsAnError() async {
    await #expect(processExitsWith: .success) {
      let path = NSTemporaryDirectory() + "pinion-policy-\(UUID().uuidString)"
      let policy = """
        openssl_conf = start
        [start]
        alg_section = algorithms
        [algorithms]
        default_properties = fips=yes

        """
      try policy.write(toFile: path, atomically: true, encoding: .utf8)
      defer { try? FileManager.default.removeItem(atPath: path) }
      // Read when libcrypto starts.
      setenv("OPENSSL_CONF", path, 1)
      let error = #expect(throws: DigestError.self) { try MessageDigest(.md5) }
      #expect(error?.algorithm == .md5)
      #expect(error?.description.contains("refuses MD5") == true)
    }
  }
}
