import Foundation
import PinionTestSupport
import Testing

/// Arguments of `pinion-datasets download`, which are checked before any work.
@Suite(.timeLimit(.minutes(10))) struct DownloadArgumentTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The exit status and the error message of a download without network access.
  private func download(_ arguments: [String]) throws -> (status: Int32, message: String) {
    let ending = try BuiltProgram.run(
      BuiltProgram.file("pinion-datasets"),
      ["download", "fashion-mnist", "--offline"] + arguments, in: folder.url)
    return (ending.status, ending.message)
  }

  @Test(arguments: [
    "", "http:", "http://", "http:///files/", "https://user@/", "http://:80/", "ftp://host/",
    "http://127.0.0.1:99999/", "http://host:0/", "http://host:99999999999999999999/", "host",
  ]) func mirrorWithoutAServerIsRefused(mirror: String) throws {
    let (status, message) = try download(["--data", "data", "--mirror", mirror])
    #expect(status == 64, "\(message)")
    #expect(message.contains("'\(mirror)' is invalid for '--mirror"), "\(message)")
    #expect(message.contains("a port from 1 to 65535"), "\(message)")
    #expect(folder.contents == [])
  }

  @Test(arguments: [
    "http://host", "HTTP://host/", "Https://host/files", "http://host:8080/", "http://[::1]:80/",
  ]) func mirrorIsAccepted(mirror: String) throws {
    // Fails for want of the files.
    let (status, message) = try download(["--data", "data", "--mirror", mirror])
    #expect(status == 1 && !message.contains("--mirror"), "\(message)")
  }

  @Test(arguments: ["--data", "--directory"]) func emptyFolderIsRefused(option: String) throws {
    let (status, message) = try download([option, ""])
    #expect(status == 64 && message.contains("\(option) must not be empty"), "\(message)")
    #expect(folder.contents == [])
  }
}
