"""A bucket as Spark sees it: a folder, or anything Hadoop has a file system for (s3a://, hdfs://)."""
import os


AWS_ENDPOINT = "s3.amazonaws.com"  # what Spark sets where nobody else did


def s3a_settings(environment):
    """What S3A must be told of a server that is not AWS, found where the C program finds it; keys it finds in the environment itself.

    Such servers do not all delete several objects at once, nor the marks of folders."""
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return {}
    return {"fs.s3a.endpoint": endpoint, "fs.s3a.path.style.access": "true",
            "fs.s3a.connection.ssl.enabled": "false" if endpoint.startswith("http://") else "true",
            "fs.s3a.endpoint.region": environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1",
            "fs.s3a.directory.marker.retention": "keep", "fs.s3a.multiobjectdelete.enable": "false"}


class Bucket:
    """Keys are relative to the bucket's root, as "raw/impressions.parquet"."""

    def __init__(self, spark, location):
        self.jvm = spark._jvm  # pylint: disable=protected-access
        self.configuration = spark._jsc.hadoopConfiguration()  # pylint: disable=protected-access
        self.location = self.absolute(str(location)).rstrip("/")
        if self.location.startswith("s3a://") and self.configuration.get("fs.s3a.endpoint") in (None, "", AWS_ENDPOINT):
            for key, value in s3a_settings(os.environ).items():
                self.configuration.set(key, value)
        self.file_system = self.path("").getFileSystem(self.configuration)

    def absolute(self, location):
        """A folder by its whole path; s3:// through S3A, unless the cluster has a file system of its own for it (EMR has)."""
        if "://" not in location:
            return "file://" + os.path.abspath(location)
        if location.startswith("s3://") and not self.configuration.get("fs.s3.impl"):
            return "s3a://" + location[len("s3://"):]
        return location

    def url(self, key):
        return f"{self.location}/{key}" if key else self.location

    def path(self, key):
        return self.jvm.org.apache.hadoop.fs.Path(self.url(key))

    def renames_at_once(self):
        """False for object stores, where to rename is to copy."""
        return self.file_system.getScheme() in ("file", "hdfs", "viewfs", "abfs", "abfss")

    def exists(self, key):
        return self.file_system.exists(self.path(key))

    def list(self, prefix):
        """Keys of all files below a folder, sorted."""
        if not self.exists(prefix):
            return []
        root = self.file_system.makeQualified(self.path(prefix)).toUri().getPath().rstrip("/") + "/"
        files = self.file_system.listFiles(self.path(prefix), True)
        keys = []
        while files.hasNext():
            keys.append(f"{prefix}/{files.next().getPath().toUri().getPath()[len(root):]}")
        return sorted(keys)

    def read_text(self, key):
        stream = self.file_system.open(self.path(key))
        try:
            return self.jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()

    def write_text(self, key, text):
        """Whole or not at all: object stores do that themselves, elsewhere a rename does."""
        aside = f"{key}.writing" if self.renames_at_once() else key
        stream = self.file_system.create(self.path(aside), True)
        try:
            stream.write(bytearray(text.encode()))
        finally:
            stream.close()
        if aside != key:
            self.move(aside, key)

    def remove(self, key):
        self.file_system.delete(self.path(key), True)

    def move(self, source, target):
        """Puts source in the place of target."""
        self.file_system.mkdirs(self.path(target).getParent())
        self.remove(target)
        if not self.file_system.rename(self.path(source), self.path(target)):
            raise OSError(f"expected to rename {self.url(source)} to {self.url(target)} but could not")
