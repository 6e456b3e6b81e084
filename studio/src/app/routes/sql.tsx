import { Workspace } from "@/features/sql/workspace";

export default Workspace;
