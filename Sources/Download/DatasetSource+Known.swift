internal import FoundationEssentials
internal import PinionData

// Sources of the checksums. Fashion-MNIST: computed from the authors' files in Debian's source
// package dataset-fashion-mnist 0.0~git20200523.55506a9. Others: MD5 from torchvision and from
// CIFAR's page; SHA-256 from TensorFlow Datasets 4.9.10 (url_checksums), for files of the same
// names and sizes.
extension DatasetSource {
  /// MNIST (LeCun, Cortes and Burges 1998), from a mirror, because the authors' server is no longer
  /// available.
  ///
  /// Only an MD5 is published for the uncompressed contents; see ``ChecksumAlgorithm/md5`` for its
  /// limitations.
  public static let mnist = DatasetSource(
    name: "mnist", title: "MNIST", folderName: "mnist",
    files: idxFiles(
      at: "https://ossci-datasets.s3.amazonaws.com/mnist/",
      sizes: [9_912_422, 28_881, 1_648_877, 4_542],
      md5: [
        "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c",
      ],
      sha256: [
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      ],
      contentsMD5: [
        "6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637",
      ]),
    finder: { try MNIST.files(in: $0) }, reader: { try MNIST.load(from: $0) })

  /// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), from the authors' S3 bucket.
  ///
  /// The authors' page links to the bucket's website endpoint, which does not support https.
  public static let fashionMNIST = DatasetSource(
    name: "fashion-mnist", title: "Fashion-MNIST", folderName: "fashion-mnist",
    files: idxFiles(
      at: "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
      sizes: [26_421_880, 29_515, 4_422_102, 5_148],
      md5: [
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
      ],
      sha256: [
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
      ],
      contentsMD5: [
        "f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965",
      ],
      contentsSHA256: [
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
      ]),
    finder: { try FashionMNIST.files(in: $0) }, reader: { try FashionMNIST.load(from: $0) })

  /// CIFAR-10 (Krizhevsky 2009), binary version, from the author's page.
  public static let cifar10 = DatasetSource(
    name: "cifar10", title: "CIFAR-10", folderName: "cifar-10-batches-bin",
    files: [
      RemoteFile(
        address("https://www.cs.toronto.edu/~kriz/", "cifar-10-binary.tar.gz"), size: 170_052_171,
        md5: "c32a1d4ab5d03f1284b67883e8d87530",
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")
    ],
    contents: (1...5).map { ArchiveFile("data_batch_\($0).bin", size: 30_730_000) }
      + [ArchiveFile("test_batch.bin", size: 30_730_000)],
    finder: { try CIFAR10.files(in: $0) }, reader: { try CIFAR10.load(from: $0) })

  /// CIFAR-100 (Krizhevsky 2009), binary version, from the author's page, with the 100 fine labels.
  public static let cifar100 = DatasetSource(
    name: "cifar100", title: "CIFAR-100", folderName: "cifar-100-binary",
    files: [
      RemoteFile(
        address("https://www.cs.toronto.edu/~kriz/", "cifar-100-binary.tar.gz"),
        size: 168_513_733, md5: "03b5dce01913d631647c71ecec9e9cb8",
        sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec")
    ],
    contents: [
      ArchiveFile("train.bin", size: 153_700_000), ArchiveFile("test.bin", size: 30_740_000),
    ],
    finder: { try CIFAR100.files(in: $0) }, reader: { try CIFAR100.load(from: $0) })

  /// All built-in data sets.
  public static let all = [mnist, fashionMNIST, cifar10, cifar100]

  /// The four files of data sets in MNIST's layout.
  private static func idxFiles(
    at base: String, sizes: [Int], md5: [String], sha256: [String], contentsMD5: [String],
    contentsSHA256: [String]? = nil
  ) -> [RemoteFile] {
    let names = [
      "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
    ]
    return names.enumerated().map { index, name in
      RemoteFile(
        address(base, name), size: sizes[index], md5: md5[index], sha256: sha256[index],
        contentsMD5: contentsMD5[index], contentsSHA256: contentsSHA256?[index])
    }
  }

  private static func address(_ base: String, _ name: String) -> URL {
    guard let url = URL(string: base + name) else {
      fatalError("\(base)\(name) is not a URL")
    }
    return url
  }
}
