use serde::Serialize;
use serde::de::DeserializeOwned;
use wasmtime::component::Resource;

use super::handles::NewHandle;

/// A host call's result in a transcript, and its type in the contract.
pub(crate) trait HostResult<C>: Serialize + DeserializeOwned {
    fn into_contract(self) -> C;
}

impl<T: Serialize + DeserializeOwned> HostResult<T> for T {
    fn into_contract(self) -> T {
        self
    }
}

impl<T: 'static> HostResult<Resource<T>> for NewHandle {
    fn into_contract(self) -> Resource<T> {
        self.into_resource()
    }
}

impl<T: 'static> HostResult<Option<Resource<T>>> for Option<NewHandle> {
    fn into_contract(self) -> Option<Resource<T>> {
        self.map(NewHandle::into_resource)
    }
}

impl<T: 'static> HostResult<Vec<Resource<T>>> for Vec<NewHandle> {
    fn into_contract(self) -> Vec<Resource<T>> {
        self.into_iter().map(NewHandle::into_resource).collect()
    }
}
