import Testing

@testable import PinionDownload

@Suite struct MD5Tests {
  private func digest(_ bytes: [UInt8], pieces: Int = .max) -> String {
    var hash = MD5()
    bytes.withUnsafeBytes { memory in
      for start in stride(from: 0, to: bytes.count, by: min(pieces, max(1, bytes.count))) {
        let end = start + min(pieces, bytes.count - start)
        hash.update(UnsafeRawBufferPointer(rebasing: memory[start..<end]))
      }
    }
    return hash.hexadecimal
  }

  /// The test suite of RFC 1321, appendix A.5.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("a", "0cc175b9c0f1b6a831c399e269772661"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    (
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
      "d174ab98d277d9f5a5611c2c9f419d9f"
    ),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      "57edf4a22be3c955ac49da2e2107b67a"
    ),
  ])
  func publishedDigests(message: String, expected: String) {
    #expect(digest(Array(message.utf8)) == expected)
  }

  @Test func everyLengthAsSwiftCryptos() {
    for count in 0...200 {
      let bytes = sampleBytes(count, seed: UInt64(count))
      #expect(digest(bytes) == md5(bytes), "\(count) bytes")
    }
  }

  @Test func piecesMakeNoDifference() {
    let bytes = sampleBytes(10_000)
    for pieces in [1, 3, 63, 64, 65, 1_000] {
      #expect(digest(bytes, pieces: pieces) == md5(bytes), "pieces of \(pieces)")
    }
  }
}
