"""Strawberry, FastAPI and SQLAlchemy as a peer of Gantry's GraphQL API, a process for each core; ../README.md says what is measured."""

import base64
import importlib.metadata
import os
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import orjson
import strawberry
import uvicorn
from fastapi import FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import GraphQLRouter

T = TypeVar("T")

WORKERS = os.cpu_count()
CONNECTIONS = 16
MOST = 100

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://"),
    pool_size=CONNECTIONS // WORKERS,
    max_overflow=0,
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class CentreRow(Base):
    __tablename__ = "centre"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class UserRow(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str]


class StudyRow(Base):
    __tablename__ = "study"
    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    assigned_radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    study_instance_uid: Mapped[str]
    status: Mapped[str]
    patient_name: Mapped[str]
    modality: Mapped[str]


class SeriesRow(Base):
    __tablename__ = "series"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    series_instance_uid: Mapped[str]
    modality: Mapped[str | None]


class InstanceRow(Base):
    __tablename__ = "instance"
    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    sop_instance_uid: Mapped[str]
    number_of_frames: Mapped[int]


def one_by_id(row):
    async def load(keys):
        async with sessions() as session:
            found = {each.id: each for each in await session.scalars(select(row).where(row.id.in_(keys)))}
        return [found.get(key) for key in keys]

    return load


def many_by(row, column):
    async def load(keys):
        found = defaultdict(list)
        async with sessions() as session:
            for each in await session.scalars(select(row).where(column.in_(keys)).order_by(row.id)):
                found[getattr(each, column.key)].append(each)
        return [found[key] for key in keys]

    return load


class Loaders:
    """Those of one request."""

    def __init__(self):
        self.centres = DataLoader(one_by_id(CentreRow))
        self.users = DataLoader(one_by_id(UserRow))
        self.series = DataLoader(many_by(SeriesRow, SeriesRow.study_id))
        self.instances = DataLoader(many_by(InstanceRow, InstanceRow.series_id))


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]
    page_info: PageInfo


def connection(rows, first):
    page = rows[:first]
    cursor = base64.b64encode(b"%d" % page[-1].id).decode() if page else None
    return Connection(nodes=page, page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=cursor))


def limit(first):
    if not 0 <= first <= MOST:
        raise ValueError(f"first is from 0 to {MOST}")
    return first


@strawberry.type
class Centre:
    name: str


@strawberry.type
class User:
    full_name: str


@strawberry.type
class Instance:
    sop_instance_uid: str
    number_of_frames: int


@strawberry.type
class Series:
    series_instance_uid: str
    modality: str | None

    @strawberry.field
    @staticmethod
    async def instances(root: strawberry.Parent[SeriesRow], info: strawberry.Info, first: int = 20) -> Connection[Instance]:
        return connection(await info.context["loaders"].instances.load(root.id), limit(first))


@strawberry.type
class Study:
    study_instance_uid: str
    patient_name: str
    modality: str
    status: str

    @strawberry.field
    @staticmethod
    def id(root: strawberry.Parent[StudyRow]) -> strawberry.ID:
        return strawberry.ID(base64.b64encode(b"Study:%d" % root.id).decode())

    @strawberry.field
    @staticmethod
    async def centre(root: strawberry.Parent[StudyRow], info: strawberry.Info) -> Centre:
        return await info.context["loaders"].centres.load(root.centre_id)

    @strawberry.field
    @staticmethod
    async def assignee(root: strawberry.Parent[StudyRow], info: strawberry.Info) -> User | None:
        if root.assigned_radiologist_id is None:
            return None
        return await info.context["loaders"].users.load(root.assigned_radiologist_id)

    @strawberry.field
    @staticmethod
    async def series(root: strawberry.Parent[StudyRow], info: strawberry.Info, first: int = 20) -> Connection[Series]:
        return connection(await info.context["loaders"].series.load(root.id), limit(first))


@strawberry.type
class Query:
    @strawberry.field
    async def studies(self, status: list[str], first: int = 20) -> Connection[Study]:
        wanted = select(StudyRow).where(StudyRow.status.in_(status)).order_by(StudyRow.id.desc()).limit(limit(first) + 1)
        async with sessions() as session:
            return connection((await session.scalars(wanted)).all(), first)


class Router(GraphQLRouter):
    def encode_json(self, data):
        return orjson.dumps(data)


# Instances, though they are deprecated: made anew for each request the caches would be empty.
schema = strawberry.Schema(Query, extensions=[ParserCache(maxsize=100), ValidationCache(maxsize=100)])


@asynccontextmanager
async def lifespan(app):
    version = importlib.metadata.version("strawberry-graphql")
    print(f"strawberry {version}", flush=True)
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(
    Router(schema, graphql_ide=None, context_getter=lambda: {"loaders": Loaders()}), prefix="/graphql"
)

if __name__ == "__main__":
    uvicorn.run(
        "server:app",
        port=int(os.environ["PORT"]),
        workers=WORKERS,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
