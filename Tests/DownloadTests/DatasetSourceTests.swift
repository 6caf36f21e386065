import Foundation
import PinionData
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionDownload

@Suite struct DatasetSourceTests {
  @Test func builtInSourcesAreConsistent() {
    let names = ["mnist", "fashion-mnist", "cifar10", "cifar100"]
    #expect(DatasetSource.all.map(\.name) == names)
    for file in DatasetSource.all.flatMap(\.files) {
      for checksum in [file.md5, file.contentsMD5 ?? file.md5] {
        #expect(checksum.wholeMatch(of: /[0-9a-f]{32}/) != nil)
      }
      for checksum in [
        file.checksum,
        file.contentsSHA256.map { .init(algorithm: .sha256, hexadecimal: $0) } ?? file.checksum,
      ] {
        #expect(checksum.algorithm == .sha256)
        #expect(checksum.hexadecimal.wholeMatch(of: /[0-9a-f]{64}/) != nil)
      }
      #expect(file.url.scheme == "https")
      #expect(file.url.absoluteString.hasSuffix("/" + file.name))
      #expect(file.size > 0)
    }
    #expect(DatasetSource.fashionMNIST.size == 30_878_645)
    #expect(DatasetSource.cifar10.contents.allSatisfy { $0.size == 10_000 * 3073 })
    #expect(DatasetSource.cifar100.contents.map(\.size) == [50_000 * 3074, 10_000 * 3074])
  }

  /// The readers look in the downloader's folder and their errors mention the downloader.
  @Test(arguments: DatasetSource.all.indices) func readerErrorNamesTheDownloader(index: Int) throws
  {
    let source = DatasetSource.all[index]
    let folder = try TemporaryFolder()
    let error = #expect(throws: DatasetNotFound.self) { try source.load(from: folder.url) }
    #expect(
      error?.remedies.first?.hasPrefix("pinion-datasets download \(source.name)") == true)
    #expect(error?.remedies.count == 3)
    #expect(
      error?.searched.contains(folder.url.appending(path: source.folderName).path) == true)
    #expect(throws: DatasetNotFound.self) { try source.verify(in: folder.url) }
  }

  @Test func mirrorHasTheSameChecksums() throws {
    let mirror = DatasetSource.cifar10.mirrored(at: try #require(URL(string: "http://a.b/c/")))
    #expect(
      mirror.files[0].url.absoluteString == "http://a.b/c/cifar-10-binary.tar.gz")
    let known = DatasetSource.fashionMNIST.files[0]
    let moved = DatasetSource.fashionMNIST.mirrored(at: try #require(URL(string: "http://a.b/")))
      .files[0]
    #expect(moved == known.moved(to: try #require(URL(string: "http://a.b/\(known.name)"))))
    #expect(moved.checksum == known.checksum)
    #expect(moved.contentsChecksum == known.contentsChecksum)
    #expect(mirror.files[0].md5 == DatasetSource.cifar10.files[0].md5)
  }

  /// A data set of one gzip file with the checksums of `bytes` and of its contents.
  private func verify(
    _ written: [UInt8], expected bytes: [UInt8], contents: [UInt8], bySHA256: Bool
  ) throws -> VerifiedFile? {
    let folder = try TemporaryFolder()
    var source = source(bytes, at: folder.url.appending(path: "data.bin"))
    // The MD5 is ignored if there is a SHA-256.
    source.files = [
      RemoteFile(
        folder.url.appending(path: "data.bin"), size: bytes.count,
        md5: bySHA256 ? md5([]) : md5(bytes),
        sha256: bySHA256 ? checksum(bytes, by: .sha256) : nil,
        contentsMD5: bySHA256 ? md5([]) : md5(contents),
        contentsSHA256: bySHA256 ? checksum(contents, by: .sha256) : nil)
    ]
    let place = folder.url.appending(path: "test-set")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Data(written).write(to: place.appending(path: "data.bin"))
    return try source.verify(in: folder.url).first
  }

  @Test(arguments: [false, true]) func verifyComparesChecksums(
    bySHA256: Bool
  ) throws {
    let contents = sampleBytes(5000)
    let packed = gzip(contents)
    let algorithm: ChecksumAlgorithm = bySHA256 ? .sha256 : .md5
    func verify(_ written: [UInt8]) throws -> VerifiedFile? {
      try self.verify(written, expected: packed, contents: contents, bySHA256: bySHA256)
    }
    let whole = try verify(packed)
    #expect(whole?.evidence == .checksum)
    #expect(whole?.algorithm == algorithm)
    for copy in [gzip(contents) + gzip([]), contents] {
      let verified = try verify(copy)
      #expect(verified?.evidence == .contentsChecksum)
      #expect(verified?.algorithm == algorithm)
    }
    let error = #expect(throws: FileError.self) { try verify(gzip(contents + [1])) }
    #expect(error?.place == "\(algorithm.rawValue) of the contents")
    #expect(error?.expected == checksum(contents, by: algorithm.messageDigest))
    #expect(error?.found == checksum(contents + [1], by: algorithm.messageDigest))
    #expect(throws: FileError.self) { try verify(Array(packed.dropLast())) }
  }

  private static let packaged = URL(filePath: "/usr/share/datasets/fashion-mnist")

  /// Debian recompresses the files; their contents are equal.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: packaged.path)))
  func debianFilesAreValid() throws {
    let verified = try DatasetSource.fashionMNIST.verify(in: Self.packaged)
    #expect(verified.count == 4)
    #expect(verified.allSatisfy { $0.evidence == .contentsChecksum && $0.algorithm == .sha256 })
  }
}
