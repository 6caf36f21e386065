import Foundation
import PinionTestSupport
import Synchronization
import Testing

@testable import PinionDownload

/// A process killed during a download leaves a partial file that the next process resumes.
@Suite(.timeLimit(.minutes(10))) struct KilledDownloadTests {
  /// The program, next to the tests' executable.
  static let command = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "pinion-datasets")
  static let partName = "train-images-idx3-ubyte.gz.part"

  /// As large as the real data set's first file.
  let bytes = sampleBytes(DatasetSource.fashionMNIST.files[0].size)

  @Test func nextProcessResumes() async throws {
    let folder = try TemporaryFolder()
    let isKilled = Atomic(false)
    let server = try LoopbackServer { [bytes] request in
      var reply = HTTPReply.file(bytes, for: request)
      // However often the command asks before its end.
      if !isKilled.load(ordering: .acquiring) {
        (reply.sent, reply.isHeld) = (1_000_000 - (request.rangeStart ?? 0), { true })
      }
      return reply
    }
    let place = folder.url.appending(path: "fashion-mnist")
    let arrived = try killDownload(
      from: server, into: folder, part: place.appending(path: Self.partName))
    isKilled.store(true, ordering: .releasing)
    let before = server.requests.count
    #expect(arrived >= 500_000 && arrived <= 1_000_000)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.path)
    #expect(Set(names) == [Self.partName, Self.partName + ".json"])

    let file = PartialFileDownload(bytes: bytes, url: server.url("train-images-idx3-ubyte.gz"))
    try await file.run(into: place)
    #expect(
      try Data(contentsOf: place.appending(path: "train-images-idx3-ubyte.gz")) == Data(bytes))
    #expect(server.requests.dropFirst(before).map(\.rangeStart) == [arrived])
  }

  /// Starts the program and kills it when part of the file has arrived. Returns the partial file.
  ///
  /// Blocks its thread, because other tests might not return it for a minute.
  private func killDownload(
    from server: LoopbackServer, into folder: TemporaryFolder, part: URL
  ) throws -> Int {
    let process = Process()
    process.executableURL = Self.command
    process.arguments = [
      "download", "fashion-mnist", "--directory", folder.url.path, "--mirror",
      server.url("").absoluteString,
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    func partSize() -> Int {
      let attributes = try? FileManager.default.attributesOfItem(atPath: part.path)
      return attributes?[.size] as? Int ?? 0
    }
    while partSize() < 500_000, process.isRunning { usleep(5_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    return partSize()
  }
}

/// A download of the rest of the file, with its checksum.
private struct PartialFileDownload {
  let bytes: [UInt8]
  let url: URL

  func run(into folder: URL) async throws {
    var options = DownloadOptions()
    options.stallTimeout = 600
    try await FileDownload(
      file: RemoteFile(url, size: bytes.count, md5: md5(bytes)),
      destination: folder.appending(path: url.lastPathComponent), options: options,
      progress: { _ in }
    ).run()
  }
}
