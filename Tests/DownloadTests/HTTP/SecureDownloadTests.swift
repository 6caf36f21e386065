import Foundation
import PinionTestSupport
import Testing

@testable import PinionDownload

@Suite(
  .enabled(if: TLSServer.isPossible, "needs OpenSSL's command"), .timeLimit(.minutes(10)))
struct SecureDownloadTests {
  static let bytes = sampleBytes(100_000)

  static func answer(_ head: String, _ body: [UInt8] = []) -> [UInt8] {
    Array("HTTP/1.1 \(head)\r\nConnection: close\r\n\r\n".utf8) + body
  }

  @Test func untrustedCertificateIsRefused() async throws {
    let folder = try TemporaryFolder()
    let server = try TLSServer(["data.bin": Self.answer("200 OK", Self.bytes)])
    let journal = Journal()
    let error = await #expect(throws: DownloadError.self) {
      try await downloader(into: folder, journal: journal)
        .download(source(Self.bytes, at: server.url("data.bin")))
    }
    #expect(error?.reason == .untrusted)
    #expect(folder.contents == ["test-set"])
    #expect(journal.pauses.withLock { $0 } == [])
  }

  /// In a separate process, because the environment is shared by all threads.
  @Test func environmentNamesCertificates() async {
    await #expect(processExitsWith: .success) {
      let bytes = SecureDownloadTests.bytes
      let plain = try LoopbackServer { .file(bytes, for: $0) }
      let server = try TLSServer([
        "data.bin": SecureDownloadTests.answer("200 OK", bytes),
        "down": SecureDownloadTests.answer("302 Found\r\nLocation: \(plain.url("data.bin"))"),
        "along": SecureDownloadTests.answer("302 Found\r\nLocation: data.bin"),
      ])
      for (name, variable) in [("data.bin", "SSL_CERT_FILE"), ("along", "CURL_CA_BUNDLE")] {
        for other in ["SSL_CERT_FILE", "CURL_CA_BUNDLE"] { unsetenv(other) }
        setenv(variable, server.certificate.path, 1)
        let folder = try TemporaryFolder()
        try await downloader(into: folder).download(source(bytes, at: server.url(name)))
        #expect(folder.bytes("test-set/\(name)") == bytes)
      }
      // A redirect from https to http is refused.
      let folder = try TemporaryFolder()
      let error = await #expect(throws: DownloadError.self) {
        try await downloader(into: folder).download(source(bytes, at: server.url("down")))
      }
      #expect(error?.reason == .redirection)
      #expect(plain.requests.isEmpty)
    }
  }
}
