/// A stretch of memory that a plan needs: what lies in it for each image, when it is used, and where it was put.
struct Storage: Sendable {
  /// Where the memory is.
  enum Home: Sendable {
    /// The caller's inputs.
    case inputs
    /// The workspace, for the whole batch.
    case arena
    /// The thread that carries a tile of images through a region.
    case tile
  }

  /// Bytes an image, or, of memory that all images share, 0.
  let bytesPerImage: Int
  /// Bytes that all images share.
  let sharedBytes: Int
  var home = Home.arena
  /// Bytes from the start of the home.
  var offset = 0
  /// Whether someone outside the plan reads it, so that it must outlive its last use in the plan.
  var isPinned = false
  /// Whether a thread keeps it from tile to tile of a lane.
  var isCarried = false
  /// The regions and the places in them where it is used.
  var uses: [(region: Int, position: Int)] = []

  init(bytesPerImage: Int = 0, sharedBytes: Int = 0) {
    self.bytesPerImage = bytesPerImage
    self.sharedBytes = sharedBytes
  }

  func bytes(images: Int) -> Int { bytesPerImage * images + sharedBytes }
}
