//! `s3s-fs` with lists that look only into the folder that is asked for.
//!
//! Its own walks the whole bucket for every list. Gantry lists the folder of each batch that it closes, so that a test with
//! thousands of objects would measure that walk and nothing else.

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};
use s3s_fs::FileSystem;
use std::path::{Path, PathBuf};

pub struct QuickList {
    pub inner: FileSystem,
    pub folder: PathBuf,
}

/// A page of a list; longer ones are left to the slow way.
const PAGE: usize = 1000;

#[async_trait::async_trait]
impl S3 for QuickList {
    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = &req.input;
        let simple = input.delimiter.is_none() && input.continuation_token.is_none() && input.start_after.is_none();
        let prefix = input.prefix.as_deref().filter(|prefix| prefix.ends_with('/') && !prefix.contains(".."));
        if let (true, Some(prefix)) = (simple, prefix) {
            let bucket = self.folder.join(&input.bucket);
            let mut contents = Vec::new();
            collect(&bucket, &bucket.join(prefix), &mut contents);
            if contents.len() <= PAGE {
                contents.sort_by(|one, other| one.key.cmp(&other.key));
                return Ok(S3Response::new(ListObjectsV2Output {
                    key_count: i32::try_from(contents.len()).ok(),
                    is_truncated: Some(false),
                    name: Some(input.bucket.clone()),
                    prefix: input.prefix.clone(),
                    contents: Some(contents),
                    ..Default::default()
                }));
            }
        }
        self.inner.list_objects_v2(req).await
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.inner.put_object(req).await
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.inner.get_object(req).await
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.inner.head_object(req).await
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.inner.delete_object(req).await
    }

    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.inner.delete_objects(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.inner.create_multipart_upload(req).await
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        self.inner.upload_part(req).await
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.inner.complete_multipart_upload(req).await
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.inner.abort_multipart_upload(req).await
    }
}

/// Files that vanish meanwhile are not there, as folders that never were.
fn collect(bucket: &Path, folder: &Path, found: &mut Vec<Object>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let (Ok(key), Ok(metadata)) = (path.strip_prefix(bucket), entry.metadata()) else {
            continue;
        };
        if metadata.is_dir() {
            collect(bucket, &path, found);
            continue;
        }
        found.push(Object {
            key: Some(key.display().to_string()),
            last_modified: metadata.modified().ok().map(Timestamp::from),
            size: i64::try_from(metadata.len()).ok(),
            ..Default::default()
        });
    }
}
