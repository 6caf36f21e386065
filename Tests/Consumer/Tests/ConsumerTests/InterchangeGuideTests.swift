import Pinion
import PinionInterchange
import Testing

/// The code of Documentation/Interchange.md.
@Suite struct InterchangeGuideTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func arraysOfNumPy() throws {
    let images = Tensor.uniform(shape: [3, 4, 4, 1], from: RandomStream(seed: 1, stream: 0))
    let labels = IndexTensor([0, 1, 2])
    let (npy, npz) = (folder.file("images.npy"), folder.file("data.npz"))
    try NumPyArray.write(images, to: npy)
    let copy = try NumPyArray(contentsOf: npy).tensor()
    try NumPyArchive.write(
      [.init("images", images), .init("labels", labels)], to: npz, isCompressed: true)
    let archive = try NumPyArchive(contentsOf: npz)
    let classes = try archive.array(named: "labels").tensor(as: Int32.self)
    #expect(copy == images)
    #expect(classes == labels)
  }
}
