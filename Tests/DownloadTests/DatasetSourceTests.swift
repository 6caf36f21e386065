import Foundation
import PinionData
import PinionTensor
import Testing

@testable import PinionDownload

@Suite struct DatasetSourceTests {
  @Test func theKnownOnesAreSound() {
    let names = ["mnist", "fashion-mnist", "cifar10", "cifar100"]
    #expect(DatasetSource.all.map(\.name) == names)
    for file in DatasetSource.all.flatMap(\.files) {
      for checksum in [file.md5, file.contentsMD5 ?? file.md5] {
        #expect(checksum.wholeMatch(of: /[0-9a-f]{32}/) != nil)
      }
      #expect(file.url.absoluteString.hasSuffix("/" + file.name))
      #expect(file.size > 0)
    }
    #expect(DatasetSource.fashionMNIST.size == 30_878_645)
    #expect(DatasetSource.cifar10.contents.allSatisfy { $0.size == 10_000 * 3073 })
    #expect(DatasetSource.cifar100.contents.map(\.size) == [50_000 * 3074, 10_000 * 3074])
  }

  /// The readers look where the downloader puts the files, and say how to call it.
  @Test(arguments: DatasetSource.all.indices) func theReaderNamesTheDownload(index: Int) throws {
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

  @Test func aMirrorHasTheSameChecksums() throws {
    let mirror = DatasetSource.cifar10.mirrored(at: try #require(URL(string: "http://a.b/c/")))
    #expect(
      mirror.files[0].url.absoluteString == "http://a.b/c/cifar-10-binary.tar.gz")
    #expect(mirror.files[0].md5 == DatasetSource.cifar10.files[0].md5)
  }

  /// A set of one gzip file, of which the checksums are those of `bytes` and of what they contain.
  private func verify(_ written: [UInt8], expected bytes: [UInt8], contents: [UInt8]) throws
    -> VerifiedFile.Evidence?
  {
    let folder = try TemporaryFolder()
    var source = source(bytes, at: folder.url.appending(path: "data.bin"))
    source.files = [
      RemoteFile(
        folder.url.appending(path: "data.bin"), size: bytes.count, md5: md5(bytes),
        contentsMD5: md5(contents))
    ]
    let place = folder.url.appending(path: "test-set")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Data(written).write(to: place.appending(path: "data.bin"))
    return try source.verify(in: folder.url).first?.evidence
  }

  @Test func checksumsTellRightFilesFromWrongOnes() throws {
    let contents = sampleBytes(5000)
    let packed = gzip(contents)
    #expect(try verify(packed, expected: packed, contents: contents) == .checksum)
    #expect(
      try verify(gzip(Array(contents)) + gzip([]), expected: packed, contents: contents)
        == .contentsChecksum)
    #expect(try verify(contents, expected: packed, contents: contents) == .contentsChecksum)
    let error = #expect(throws: FileError.self) {
      try verify(gzip(contents + [1]), expected: packed, contents: contents)
    }
    #expect(error?.expected == md5(contents))
    #expect(error?.found == md5(contents + [1]))
    #expect(throws: FileError.self) {
      try verify(Array(packed.dropLast()), expected: packed, contents: contents)
    }
  }

  private static let packaged = URL(filePath: "/usr/share/datasets/fashion-mnist")

  /// Debian packs the files anew, with the same contents.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: packaged.path)))
  func theFilesOfDebianAreRight() throws {
    let verified = try DatasetSource.fashionMNIST.verify(in: Self.packaged)
    #expect(verified.count == 4)
    #expect(verified.allSatisfy { $0.evidence == .contentsChecksum })
  }
}
